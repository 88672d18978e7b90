package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.v1.BatchQuery;
import io.millrace.v1.Collection;
import io.millrace.v1.ConsistencyToken;
import io.millrace.v1.CoordinatorGrpc;
import io.millrace.v1.CoordinatorGrpc.CoordinatorBlockingStub;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.EncodeRequest;
import io.millrace.v1.EncodeResponse;
import io.millrace.v1.Hit;
import io.millrace.v1.HybridChoice;
import io.millrace.v1.IngestAck;
import io.millrace.v1.SearchBatchRequest;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SearchResponse;
import io.millrace.v1.SpaceKind;
import io.millrace.v1.SparseVector;
import io.millrace.v1.TermMatch;
import io.millrace.v1.TextRole;
import io.millrace.v1.WeightFormat;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HybridCollectionTest {
    @TempDir
    private Path folder;

    private final List<FakeIndexServer> indexes = List.of(new FakeIndexServer(), new FakeIndexServer());
    private final FakeWorker worker = new FakeWorker();
    private final Map<String, String> texts = new TreeMap<>();
    private Coordinator coordinator;
    private ManagedChannel channel;
    private int writers;

    @BeforeEach
    void startWithHybridSpaces() throws InterruptedException {
        start(true);
    }

    private void start(boolean hybrid) throws InterruptedException {
        worker.hybrid = hybrid;
        coordinator = Coordinator.start(CoordinatorConfig.local(
                folder,
                0,
                List.of(worker.address()),
                indexes.stream().map(FakeIndexServer::address).toList()));
        channel = IndexServers.open("127.0.0.1:" + coordinator.port());
        assertThat(coordinator.awaitWorkers(Duration.ofSeconds(10))).isTrue();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        coordinator.close();
        worker.close();
        indexes.forEach(FakeIndexServer::close);
    }

    private CoordinatorBlockingStub calls() {
        return CoordinatorGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private static CreateCollectionRequest.Builder named(String name) {
        return CreateCollectionRequest.newBuilder().setName(name);
    }

    private static SearchRequest.Builder search(ConsistencyToken token) {
        return SearchRequest.newBuilder().setCollection("c").setK(100).setToken(token);
    }

    /** Puts texts; the token of all of them. */
    private ConsistencyToken write(Map<String, String> changes) throws InterruptedException {
        IngestProbe stream = IngestProbe.open(CoordinatorGrpc.newStub(channel), "c", "writer-" + writers++);
        long sequence = 1;
        for (var change : changes.entrySet()) {
            stream.put(sequence++, change.getKey(), change.getValue());
        }
        ConsistencyToken.Builder token = ConsistencyToken.newBuilder();
        for (IngestAck ack : stream.take(changes.size())) {
            assertThat(ack.hasError()).isFalse();
            ack.getToken()
                    .getAppliedIndexMap()
                    .forEach((group, index) ->
                            token.putAppliedIndex(group, Math.max(index, token.getAppliedIndexOrDefault(group, 0))));
        }
        stream.call().onCompleted();
        texts.putAll(changes);
        return token.build();
    }

    /** Learned score, and 1.5 times each word's count with its idf, over all texts. */
    private double score(String query, String document) {
        double score = FakeWorker.vectorOf(query).dot(FakeWorker.vectorOf(document));
        for (String word : query.split(" ", -1)) {
            long frequency = texts.values().stream()
                    .filter(text -> Arrays.asList(text.split(" ", -1)).contains(word))
                    .count();
            long count =
                    Arrays.stream(document.split(" ", -1)).filter(word::equals).count();
            score += 1.5 * count * Math.log(1 + (texts.size() - frequency + .5) / (frequency + .5));
        }
        return score;
    }

    @Test
    void queriesAreWeightedByFrequenciesOverAllShardsAsOfTheirToken() throws InterruptedException {
        Collection created = calls().createCollection(named("c").build());
        assertThat(created.getSpaceId()).isEqualTo(FakeWorker.HYBRID_SPACE);
        assertThat(created.getModelSpaceId()).isEqualTo(FakeWorker.SPACE);
        assertThat(created.getHybrid().getMixingWeight()).isEqualTo(1.5);
        Map<String, String> first = new TreeMap<>();
        for (int i = 0; i < 60; i++) {
            first.put("d" + i, "water " + (i % 2 == 0 ? "river " : "lake lake ") + "number" + i);
        }
        ConsistencyToken token = write(first);
        long before = check("river number7 lake lake", token);
        assertThat(check("river number7 lake lake", token)).isEqualTo(before);
        token = write(Map.of("d3", "river", "d5", "river", "d7", "river"));
        assertThat(check("river number7 lake lake", token)).isGreaterThan(before);
    }

    /** Holds a search, and a batch with it, against what the texts give; the version that it was weighted by. */
    private long check(String query, ConsistencyToken token) {
        SearchResponse single =
                calls().search(search(token).setText(query).setExplain(true).build());
        List<Hit> batch = calls().searchBatch(SearchBatchRequest.newBuilder()
                        .setOptions(search(token))
                        .addQueries(BatchQuery.newBuilder().setText("water"))
                        .addQueries(BatchQuery.newBuilder().setText(query))
                        .build())
                .getResults(1)
                .getHitsList();
        Map<String, Double> expected = texts.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, text -> score(query, text.getValue())));
        assertThat(single.getHitsList()).hasSize((int)
                expected.values().stream().filter(score -> score > 0).count());
        assertThat(batch)
                .extracting(Hit::getScore)
                .isEqualTo(single.getHitsList().stream().map(Hit::getScore).toList());
        for (Hit hit : single.getHitsList()) {
            assertThat((double) hit.getScore())
                    .as(hit.getId())
                    .isCloseTo(expected.getOrDefault(hit.getId(), 0.), within(1e-5));
            for (TermMatch match : hit.getMatchesList()) {
                assertThat(match.getLexical()).isEqualTo(match.getTermId() < 0);
                assertThat(match.getTerm()).isEqualTo("t" + Integer.toUnsignedString(match.getTermId()));
            }
            assertThat(hit.getMatchesList()).anyMatch(TermMatch::getLexical);
        }
        return single.getTermStatisticsVersion();
    }

    @Test
    void aReadyMadeVectorIsTakenAsItIs() throws InterruptedException {
        calls().createCollection(named("c").build());
        ConsistencyToken token = write(Map.of("a", "river lake", "b", "lake"));
        SearchResponse found = calls().search(search(token)
                .setSpaceId(FakeWorker.HYBRID_SPACE)
                .setVector(SparseVector.newBuilder()
                        .addIds(FakeWorker.wordId("river"))
                        .addWeights(2f))
                .build());
        assertThat(found.getHitsList()).extracting(Hit::getScore).containsExactly(3f);
        assertThat(found.getTermStatisticsVersion()).isZero();
        assertThatThrownBy(() -> calls().search(search(token)
                        .setSpaceId(FakeWorker.SPACE)
                        .setVector(SparseVector.newBuilder().addIds(1).addWeights(2f))
                        .build()))
                .hasMessageContaining("is in space " + FakeWorker.HYBRID_SPACE);
    }

    @Test
    void aSearchCanDoWithTheModelsTermsAlone() throws InterruptedException {
        calls().createCollection(named("c").build());
        ConsistencyToken token = write(Map.of("a", "river lake", "b", "lake"));
        SearchRequest learned = search(token)
                .setText("river river")
                .setTerms(SpaceKind.SPACE_KIND_LEARNED)
                .build();
        SearchResponse found = calls().search(learned);
        assertThat(found.getHitsList()).extracting(Hit::getScore).containsExactly(2f);
        assertThat(found.getTermStatisticsVersion()).isZero();
        SearchRequest both =
                learned.toBuilder().setTerms(SpaceKind.SPACE_KIND_HYBRID).build();
        assertThat(calls().search(both).getHits(0).getScore()).isGreaterThan(2f);
        assertThatThrownBy(
                        () -> calls().search(both.toBuilder().setTermsValue(7).build()))
                .hasMessageContaining("terms: is 7");
        calls().createCollection(
                        named("plain").setSpace(SpaceKind.SPACE_KIND_LEARNED).build());
        assertThatThrownBy(() -> calls().search(both.toBuilder()
                        .clearToken()
                        .setCollection("plain")
                        .build()))
                .hasMessageContaining("has the model's terms alone");
    }

    @Test
    void textsAreEncodedAsForACollection() {
        calls().createCollection(named("c").build());
        EncodeRequest request = EncodeRequest.newBuilder()
                .addTexts("river lake")
                .setRole(TextRole.TEXT_ROLE_DOCUMENT)
                .build();
        EncodeResponse learned = calls().encode(request);
        assertThat(learned.getSpaceId()).isEqualTo(FakeWorker.SPACE);
        assertThat(learned.getVectors(0).getVector().getIdsCount()).isEqualTo(2);
        EncodeResponse both =
                calls().encode(request.toBuilder().setCollection("c").build());
        assertThat(both.getSpaceId()).isEqualTo(FakeWorker.HYBRID_SPACE);
        assertThat(both.getVectors(0).getVector().getIdsList())
                .hasSize(4)
                .contains(FakeWorker.wordId("river"), FakeWorker.wordId("lake"));
        assertThatThrownBy(() -> calls().encode(request.toBuilder()
                        .setCollection("c")
                        .setSpaceId(FakeWorker.SPACE)
                        .build()))
                .hasMessageContaining("is in space " + FakeWorker.HYBRID_SPACE);
        assertThatThrownBy(() ->
                        calls().encode(request.toBuilder().setCollection("none").build()))
                .hasMessageContaining("there is no collection 'none'");
    }

    @Test
    void theSpaceIsTheOneAskedForElseHybridWhereTheModelAllowsIt() {
        Collection learned = calls().createCollection(
                        named("learned").setSpace(SpaceKind.SPACE_KIND_LEARNED).build());
        assertThat(learned.hasHybrid()).isFalse();
        assertThat(learned.getSpaceId()).isEqualTo(FakeWorker.SPACE);
        Collection chosen = calls().createCollection(named("chosen")
                .setSpace(SpaceKind.SPACE_KIND_HYBRID)
                .setHybrid(HybridChoice.newBuilder().setMixingWeight(4).setK1(3).setAverageLength(25))
                .setWeightFormat(WeightFormat.WEIGHT_FORMAT_UINT8)
                .addSample(DocumentSource.newBuilder().setText("not needed"))
                .build());
        assertThat(chosen.getHybrid().getAverageLength()).isEqualTo(25);
        assertThat(worker.lastAsked.getSampleTextsCount()).isZero();
        // The largest lexical weight there can be: above any of the model's.
        assertThat(chosen.getMaxWeight()).isEqualTo(16f);
        calls().createCollection(named("measured")
                .addSample(DocumentSource.newBuilder().setTitle("A title").setText("and text"))
                .build());
        assertThat(worker.lastAsked.getSampleTextsList()).containsExactly("A title and text");
        calls().createCollection(named("untitled")
                .setEncodeTextOnly(true)
                .addSample(DocumentSource.newBuilder().setTitle("A title").setText("and text"))
                .build());
        assertThat(worker.lastAsked.getSampleTextsList()).containsExactly("and text");
    }

    @Test
    void whatFitsNoSpaceIsRefused() {
        refused(
                named("c")
                        .setSpace(SpaceKind.SPACE_KIND_LEARNED)
                        .setHybrid(HybridChoice.newBuilder().setB(1)),
                Status.Code.INVALID_ARGUMENT,
                "is set, but the collection has no lexical terms");
        refused(named("c").setSpaceValue(9), Status.Code.INVALID_ARGUMENT, "is 9");
        refused(
                named("c")
                        .addAllSample(Collections.nCopies(
                                1_025, DocumentSource.newBuilder().setText("x").build())),
                Status.Code.INVALID_ARGUMENT,
                "has 1025 documents");
    }

    @Test
    void aModelWithoutHybridSpacesMakesLearnedOnes() throws InterruptedException {
        channel.shutdownNow();
        coordinator.close();
        start(false);
        assertThat(calls().createCollection(named("c").build()).hasHybrid()).isFalse();
        refused(
                named("d").setSpace(SpaceKind.SPACE_KIND_HYBRID),
                Status.Code.FAILED_PRECONDITION,
                "bag-of-words, has no hybrid spaces");
    }

    private void refused(CreateCollectionRequest.Builder request, Status.Code code, String reason) {
        assertThatThrownBy(() -> calls().createCollection(request.build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(code))
                .hasMessageContaining(reason);
    }
}
