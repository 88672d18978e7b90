package io.millrace.deploy.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.client.ClientOptions;
import io.millrace.client.IngestOptions;
import io.millrace.client.IngestOutcome;
import io.millrace.client.IngestStream;
import io.millrace.client.MillraceClient;
import io.millrace.deploy.quickstart.WordNetGlosses;
import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.lexical.TextAnalysis;
import io.millrace.v1.Collection;
import io.millrace.v1.ConsistencyToken;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.Document;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.FieldEquals;
import io.millrace.v1.Filter;
import io.millrace.v1.Hit;
import io.millrace.v1.HybridChoice;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SearchResponse;
import io.millrace.v1.TermMatch;
import io.millrace.v1.WeightFormat;
import io.millrace.vector.SparseVector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A hybrid collection over two shards, every role a process of its own: scores are the model's dot product plus 1.5 times BM25,
 * both computed here from nothing but the texts that are live.
 */
@Timeout(180)
class HybridSearchTest {
    private static final Path MODEL =
            Path.of(System.getProperty("millrace.home", "..")).resolve("models/splade-tiny");
    private static final double ROUNDING = 1e-4;
    private static final List<String> QUERIES = List.of(
            "the study of earthquakes and rocks",
            "a person who collects stamps, stamps and coins",
            "government by the rich",
            "genus of plants with yellow flowers",
            "move quickly",
            "地震の研究",
            "of or relating to a family");

    @TempDir
    private Path folder;

    private final Map<String, DocumentSource> live = new TreeMap<>();

    @Test
    void ranksByTheModelsScoreAndBm25OverAllShardsAlsoAfterReplacementsAndDeletes() throws Exception {
        List<Document> glosses = new ArrayList<>();
        WordNetGlosses.open(360).forEachRemaining(glosses::add);
        Collections.shuffle(glosses, new Random(3));
        try (ProcessCluster cluster = ProcessCluster.start(folder, MODEL);
                MillraceClient client = MillraceClient.connect(ClientOptions.forServer(cluster.server()));
                SparseEncoder model = SparseEncoders.open(MODEL, EncoderOptions.defaults())) {
            List<Document> first = glosses.subList(0, 250);
            CreateCollectionRequest.Builder request = CreateCollectionRequest.newBuilder()
                    .setHybrid(HybridChoice.newBuilder().setMixingWeight(1.5));
            first.subList(0, 100).forEach(document -> request.addSample(document.getSource()));
            Collection exact = client.createCollection(request.setName("exact").build());
            client.createCollection(request.setName("small")
                    .setWeightFormat(WeightFormat.WEIGHT_FORMAT_UINT8)
                    .build());
            assertThat(exact.getShardsCount()).isEqualTo(2);
            assertThat(exact.getHybrid().getAverageLength())
                    .isCloseTo(averageLength(first.subList(0, 100)), within(1e-9));
            Map<String, ConsistencyToken> tokens = new HashMap<>();
            for (String collection : List.of("exact", "small")) {
                tokens.put(collection, change(client, collection, first, List.of()));
            }
            Oracle oracle = new Oracle(model, live, exact.getHybrid().getAverageLength());
            compare(client, tokens, oracle);
            // Texts move to other ids, new ones come, some go, and some of these come back.
            List<Document> second = new ArrayList<>(glosses.subList(250, 340));
            for (int i = 0; i < 80; i++) {
                second.add(glosses.get(i).toBuilder()
                        .setSource(glosses.get(i + 1).getSource())
                        .build());
            }
            List<String> gone = new ArrayList<>();
            glosses.subList(100, 160).forEach(document -> gone.add(document.getId()));
            for (String collection : List.of("exact", "small")) {
                change(client, collection, second, gone);
                tokens.put(collection, change(client, collection, glosses.subList(100, 110), List.of()));
            }
            compare(client, tokens, new Oracle(model, live, exact.getHybrid().getAverageLength()));
        }
    }

    private static String text(DocumentSource source) {
        return source.getTitle() + " " + source.getText();
    }

    private static double averageLength(List<Document> documents) {
        return documents.stream()
                .mapToInt(document ->
                        TextAnalysis.ENGLISH.terms(text(document.getSource())).size())
                .average()
                .orElseThrow();
    }

    private ConsistencyToken change(MillraceClient client, String collection, List<Document> puts, List<String> gone)
            throws InterruptedException {
        IngestStream stream = client.ingest(
                IngestOptions.forCollection(collection),
                result -> assertThat(result.outcome()).isInstanceOf(IngestOutcome.Applied.class));
        try (stream) {
            for (Document put : puts) {
                stream.put(put);
                live.put(put.getId(), put.getSource());
            }
            for (String id : gone) {
                stream.delete(id);
                live.remove(id);
            }
        }
        return stream.token();
    }

    private static void compare(MillraceClient client, Map<String, ConsistencyToken> tokens, Oracle oracle) {
        Filter nouns = Filter.newBuilder()
                .setEquals(FieldEquals.newBuilder().setField("pos").setValue("noun"))
                .build();
        int found = 0;
        for (String query : QUERIES) {
            SearchRequest.Builder search = SearchRequest.newBuilder()
                    .setCollection("exact")
                    .setToken(tokens.getOrDefault("exact", ConsistencyToken.getDefaultInstance()))
                    .setText(query)
                    .setK(10)
                    .setExplain(true);
            SearchResponse exact = client.search(search.build());
            oracle.check(query, exact.getHitsList(), source -> true);
            explained(exact, query);
            oracle.check(
                    query,
                    client.search(search.setFilter(nouns).build()).getHitsList(),
                    source -> source.getMetadataOrDefault("pos", "").equals("noun"));
            SearchResponse small = client.search(search.clearFilter()
                    .setCollection("small")
                    .setToken(tokens.getOrDefault("small", ConsistencyToken.getDefaultInstance()))
                    .setRescore(true)
                    .build());
            oracle.check(query, small.getHitsList(), source -> true);
            found += exact.getHitsCount();
        }
        assertThat(found).isGreaterThan(50);
    }

    /** Every part of a score is shown, the words of the query as such. */
    private static void explained(SearchResponse response, String query) {
        List<String> words = TextAnalysis.ENGLISH.terms(query);
        for (Hit hit : response.getHitsList()) {
            double sum = 0;
            for (TermMatch match : hit.getMatchesList()) {
                sum += (double) match.getQueryWeight() * match.getDocumentWeight();
                if (match.getLexical()) {
                    assertThat(words).contains(match.getTerm());
                } else {
                    assertThat(match.getTerm()).isNotEmpty();
                }
            }
            assertThat(sum).isCloseTo(hit.getScore(), within(ROUNDING));
        }
    }

    /** Scores from the texts alone. */
    private static final class Oracle {
        private final SparseEncoder model;
        private final double averageLength;
        private final Map<String, DocumentSource> documents;
        private final Map<String, SparseVector> learned = new HashMap<>();
        private final Map<String, List<String>> words = new HashMap<>();

        Oracle(SparseEncoder model, Map<String, DocumentSource> live, double averageLength) {
            this.model = model;
            this.averageLength = averageLength;
            this.documents = Map.copyOf(live);
            documents.forEach((id, source) -> {
                learned.put(id, vector(text(source), TextRole.DOCUMENT));
                words.put(id, TextAnalysis.ENGLISH.terms(text(source)));
            });
        }

        private SparseVector vector(String text, TextRole role) {
            return model.encode(model.tokenize(List.of(text), role), role).getFirst();
        }

        private double bm25(List<String> query, List<String> document) {
            double score = 0;
            for (String term : query) {
                long tf = document.stream().filter(term::equals).count();
                long df = words.values().stream()
                        .filter(other -> other.contains(term))
                        .count();
                double idf = Math.log(1 + (words.size() - df + .5) / (df + .5));
                score += idf * tf * 2.2 / (tf + 1.2 * (.25 + .75 * document.size() / averageLength));
            }
            return score;
        }

        /** The hits are the best ten of the documents that match, with their scores. */
        void check(String query, List<Hit> hits, Predicate<DocumentSource> filter) {
            SparseVector asked = vector(query, TextRole.QUERY);
            List<String> terms = query.contains("地") ? List.of() : TextAnalysis.ENGLISH.terms(query);
            Map<String, Double> scores = new HashMap<>();
            documents.forEach((id, source) -> {
                double score = asked.dot(learned.getOrDefault(id, SparseVector.EMPTY))
                        + 1.5 * bm25(terms, words.getOrDefault(id, List.of()));
                if (score > 0 && filter.test(source)) {
                    scores.put(id, score);
                }
            });
            List<Double> best = scores.values().stream()
                    .sorted(Collections.reverseOrder())
                    .limit(10)
                    .toList();
            assertThat(hits).as(query).hasSize(best.size());
            for (int i = 0; i < hits.size(); i++) {
                double expected = scores.getOrDefault(hits.get(i).getId(), 0.);
                assertThat((double) hits.get(i).getScore()).as(query).isCloseTo(expected, within(ROUNDING));
                assertThat(expected).as(query).isCloseTo(best.get(i), within(ROUNDING));
            }
        }
    }
}
