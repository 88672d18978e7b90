package io.millrace.benchmarks.lucene;

import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.TermFrequencyAttribute;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.FeatureField;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.CollectionStatistics;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TermStatistics;
import org.apache.lucene.search.similarities.Similarity;

/** How weights become postings. */
enum Encoding {
    /** {@link FeatureField}, made for this: a weight as a float cut to some nine significant bits, linear in the score. */
    FEATURE {
        @Override
        void add(Document document, VectorFile vectors, int row, float largest) {
            for (long i = vectors.offset(row); i < vectors.offset(row + 1); i++) {
                document.add(new FeatureField(FIELD, text(vectors.term(i)), vectors.weight(i)));
            }
        }

        @Override
        Query clause(int term, float weight) {
            return FeatureField.newLinearQuery(FIELD, text(term), weight);
        }
    },

    /** Weights as term frequencies of 1 to 255, the largest of all being 255, and a similarity that multiplies. */
    IMPACT {
        @Override
        void add(Document document, VectorFile vectors, int row, float largest) {
            document.add(new Field(FIELD, new Impacts(vectors, row, MOST / largest), Impacts.type()));
        }

        @Override
        Query clause(int term, float weight) {
            return new BoostQuery(new TermQuery(new Term(FIELD, text(term))), weight);
        }
    };

    static final String FIELD = "terms";
    private static final int MOST = 255;

    /** Adds a row's entries to a document. */
    abstract void add(Document document, VectorFile vectors, int row, float largest);

    /** What one term of a query adds to the score. */
    abstract Query clause(int term, float weight);

    /** What multiplies a query's weight and a frequency. {@link #FEATURE} has its own. */
    static Similarity product() {
        return new Similarity() {
            @Override
            public SimScorer scorer(float boost, CollectionStatistics collection, TermStatistics... terms) {
                return new SimScorer() {
                    @Override
                    public float score(float frequency, long norm) {
                        return boost * frequency;
                    }

                    @Override
                    public BulkSimScorer asBulkSimScorer() {
                        return (size, frequencies, norms, scores) -> {
                            for (int i = 0; i < size; i++) {
                                scores[i] = boost * frequencies[i];
                            }
                        };
                    }
                };
            }
        };
    }

    private static String text(int term) {
        return Integer.toString(term);
    }

    /** A row's terms with frequencies. */
    private static final class Impacts extends TokenStream {
        private final CharTermAttribute text = addAttribute(CharTermAttribute.class);
        private final TermFrequencyAttribute frequency = addAttribute(TermFrequencyAttribute.class);
        private final VectorFile vectors;
        private final float scale;
        private final long end;
        private long next;

        Impacts(VectorFile vectors, int row, float scale) {
            this.vectors = vectors;
            this.scale = scale;
            this.next = vectors.offset(row);
            this.end = vectors.offset(row + 1);
        }

        static FieldType type() {
            FieldType type = new FieldType();
            type.setOmitNorms(true);
            type.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
            type.freeze();
            return type;
        }

        @Override
        public boolean incrementToken() {
            if (next == end) {
                return false;
            }
            clearAttributes();
            text.append(text(vectors.term(next)));
            frequency.setTermFrequency(Math.max(1, Math.round(vectors.weight(next) * scale)));
            next++;
            return true;
        }
    }
}
