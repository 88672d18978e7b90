package io.millrace.model.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.model.TextRole;
import io.millrace.model.lexical.Bm25;
import io.millrace.model.lexical.GeneratedCorpus;
import io.millrace.model.lexical.TextAnalysis;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.junit.jupiter.api.Test;

/** Where the model has nothing to say, a hybrid space ranks as Lucene's own index does. */
class HybridRankingTest {
    /** Lucene computes in float. */
    private static final double ROUNDING = 3e-6;

    @Test
    void withoutLearnedTermsScoresAreLucenesTimesTheMixingWeight() throws IOException {
        // Up to 40 terms, Lucene stores lengths exactly.
        GeneratedCorpus corpus = GeneratedCorpus.of(11, 500, 1, 40);
        BM25Similarity similarity = new BM25Similarity(1.2f, .75f);
        HybridSpace space = HybridSpace.of(
                NamedModel.BERT,
                new HybridSettings(Bm25.LUCENE, HybridSettings.averageLength(corpus.documents()), 1.5));
        List<SparseVector> documents = vectors(space, corpus.documents(), TextRole.DOCUMENT);
        int compared = 0;
        try (ByteBuffersDirectory directory = new ByteBuffersDirectory()) {
            index(directory, corpus, similarity);
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                IndexSearcher searcher = new IndexSearcher(reader);
                searcher.setSimilarity(similarity);
                for (String text : corpus.queries()) {
                    SparseVector asked = withIdf(space.add(SparseVector.EMPTY, text, TextRole.QUERY), documents);
                    ScoreDoc[] hits = searcher.search(query(text), documents.size()).scoreDocs;
                    List<Integer> ours = IntStream.range(0, documents.size())
                            .boxed()
                            .filter(d -> documents.get(d).dot(asked) > 0)
                            .sorted(Comparator.comparingDouble(
                                    d -> -documents.get(d).dot(asked)))
                            .toList();
                    assertThat(ours).hasSize(hits.length);
                    for (int i = 0; i < hits.length; i++) {
                        double expected = hits[i].score * 2.2 * 1.5;
                        assertThat(documents.get(hits[i].doc).dot(asked))
                                .isCloseTo(expected, within(ROUNDING * expected));
                        // The same ranking, but for documents whose scores Lucene's floats cannot tell apart.
                        assertThat(documents.get(ours.get(i)).dot(asked))
                                .isCloseTo(expected, within(ROUNDING * expected));
                        compared++;
                    }
                }
            }
        }
        assertThat(compared).isGreaterThan(1_000);
    }

    private static void index(ByteBuffersDirectory directory, GeneratedCorpus corpus, BM25Similarity similarity)
            throws IOException {
        try (IndexWriter writer =
                new IndexWriter(directory, new IndexWriterConfig(new EnglishAnalyzer()).setSimilarity(similarity))) {
            for (String text : corpus.documents()) {
                Document document = new Document();
                document.add(new TextField("text", text, Field.Store.NO));
                writer.addDocument(document);
            }
            writer.forceMerge(1);
        }
    }

    private static Query query(String text) {
        BooleanQuery.Builder query = new BooleanQuery.Builder();
        TextAnalysis.ENGLISH
                .terms(text)
                .forEach(term -> query.add(new TermQuery(new Term("text", term)), BooleanClause.Occur.SHOULD));
        return query.build();
    }

    private static List<SparseVector> vectors(HybridSpace space, List<String> texts, TextRole role) {
        return texts.stream()
                .map(text -> space.add(SparseVector.EMPTY, text, role))
                .toList();
    }

    /** What the coordinator does with document frequencies. */
    private static SparseVector withIdf(SparseVector query, List<SparseVector> documents) {
        float[] weights = query.weights().clone();
        for (int i = 0; i < weights.length; i++) {
            int term = query.ids()[i];
            long frequency = documents.stream().filter(d -> d.weight(term) > 0).count();
            weights[i] *= (float) Math.log1p((documents.size() - frequency + .5) / (frequency + .5));
        }
        return new SparseVector(query.ids(), weights);
    }
}
