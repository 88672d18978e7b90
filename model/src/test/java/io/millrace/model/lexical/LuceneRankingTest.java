package io.millrace.model.lexical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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
import org.apache.lucene.util.SmallFloat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dot product beside Lucene's own index, searcher and similarity. */
class LuceneRankingTest {
    /** Lucene computes in float. */
    private static final double ROUNDING = 2e-6;

    @TempDir
    private Path folder;

    private interface Check {
        void with(IndexSearcher searcher, SparseEncoder encoder) throws IOException;
    }

    private void beside(GeneratedCorpus corpus, Check check) throws IOException {
        corpus.write(folder, TextAnalysis.ENGLISH);
        Bm25 bm25 = Bm25.ANSERINI;
        BM25Similarity similarity = new BM25Similarity((float) bm25.k1(), (float) bm25.b());
        try (ByteBuffersDirectory directory = new ByteBuffersDirectory()) {
            try (IndexWriter writer = new IndexWriter(
                    directory, new IndexWriterConfig(new EnglishAnalyzer()).setSimilarity(similarity))) {
                for (String text : corpus.documents()) {
                    Document document = new Document();
                    document.add(new TextField("text", text, Field.Store.NO));
                    writer.addDocument(document);
                }
                writer.forceMerge(1);
            }
            try (DirectoryReader reader = DirectoryReader.open(directory);
                    SparseEncoder encoder = SparseEncoders.open(folder, EncoderOptions.defaults())) {
                IndexSearcher searcher = new IndexSearcher(reader);
                searcher.setSimilarity(similarity);
                check.with(searcher, encoder);
            }
        }
    }

    /** Each term as often as it occurs, as Anserini asks. */
    private static Query query(String text) {
        BooleanQuery.Builder query = new BooleanQuery.Builder();
        TextAnalysis.ENGLISH
                .terms(text)
                .forEach(term -> query.add(new TermQuery(new Term("text", term)), BooleanClause.Occur.SHOULD));
        return query.build();
    }

    private static List<SparseVector> vectors(SparseEncoder encoder, List<String> texts, TextRole role) {
        return encoder.encode(encoder.tokenize(texts, role), role);
    }

    @Test
    void ranksAsLuceneDoesWhereItKeepsExactLengths() throws IOException {
        GeneratedCorpus corpus = GeneratedCorpus.of(7, 400, 1, 40);
        beside(corpus, (searcher, encoder) -> {
            List<SparseVector> documents = vectors(encoder, corpus.documents(), TextRole.DOCUMENT);
            List<SparseVector> queries = vectors(encoder, corpus.queries(), TextRole.QUERY);
            int compared = 0;
            for (int q = 0; q < queries.size(); q++) {
                SparseVector asked = queries.get(q);
                ScoreDoc[] hits = searcher.search(query(corpus.queries().get(q)), documents.size()).scoreDocs;
                assertThat(documents.stream().filter(document -> document.dot(asked) > 0))
                        .hasSize(hits.length);
                for (int i = 0; i < hits.length; i++) {
                    double ours = documents.get(hits[i].doc).dot(asked);
                    assertThat(ours).isCloseTo(hits[i].score * (Bm25.ANSERINI.k1() + 1), within(ROUNDING * ours));
                    if (i > 0 && hits[i - 1].score - hits[i].score > ROUNDING * hits[i].score) {
                        assertThat(documents.get(hits[i - 1].doc).dot(asked)).isGreaterThan(ours);
                        compared++;
                    }
                }
            }
            assertThat(compared).isGreaterThan(1_000);
        });
    }

    @Test
    void differsFromLuceneByNothingButTheEightBitsOfLongLengths() throws IOException {
        GeneratedCorpus corpus = GeneratedCorpus.of(8, 150, 100, 900);
        beside(corpus, (searcher, encoder) -> {
            LexicalManifest manifest = LexicalFolder.manifest(folder);
            List<SparseVector> queries = vectors(encoder, corpus.queries(), TextRole.QUERY);
            List<int[]> documents = encoder.tokenize(corpus.documents(), TextRole.DOCUMENT).stream()
                    .map(text -> text.pieces().getFirst())
                    .toList();
            int rounded = 0;
            for (int q = 0; q < queries.size(); q++) {
                SparseVector asked = queries.get(q);
                for (ScoreDoc hit : searcher.search(query(corpus.queries().get(q)), documents.size()).scoreDocs) {
                    int[] ids = documents.get(hit.doc);
                    int stored = SmallFloat.byte4ToInt(SmallFloat.intToByte4(ids.length));
                    rounded += stored == ids.length ? 0 : 1;
                    double expected = 0;
                    for (int i = 0; i < asked.size(); i++) {
                        int term = asked.ids()[i];
                        int tf = (int)
                                Arrays.stream(ids).filter(id -> id == term).count();
                        expected += tf == 0
                                ? 0
                                : (double) asked.weights()[i]
                                        * Bm25.ANSERINI.documentWeight(tf, stored, manifest.averageLength());
                    }
                    assertThat(hit.score * (Bm25.ANSERINI.k1() + 1)).isCloseTo(expected, within(ROUNDING * expected));
                }
            }
            assertThat(rounded).isPositive();
        });
    }
}
