package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.v1.BatchQuery;
import io.millrace.v1.BatchResult;
import io.millrace.v1.CoordinatorGrpc;
import io.millrace.v1.CoordinatorGrpc.CoordinatorBlockingStub;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.Hit;
import io.millrace.v1.SearchBatchRequest;
import io.millrace.v1.SearchBatchResponse;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SearchResponse;
import io.millrace.v1.ShardSearchRequest;
import io.millrace.v1.SparseVector;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batches of queries over two fake index servers and a fake worker. */
class SearchBatchTest {
    private static final String[] WORDS = {"river", "water", "stone", "bridge", "boat", "fish", "bank"};

    @TempDir
    Path folder;

    private final FakeIndexServer firstIndex = new FakeIndexServer();
    private final FakeIndexServer secondIndex = new FakeIndexServer();
    private final FakeWorker worker = new FakeWorker();
    private Coordinator coordinator;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws InterruptedException {
        coordinator = Coordinator.start(CoordinatorConfig.local(
                folder, 0, List.of(worker.address()), List.of(firstIndex.address(), secondIndex.address())));
        channel = IndexServers.open("127.0.0.1:" + coordinator.port());
        assertThat(coordinator.awaitWorkers(Duration.ofSeconds(10))).isTrue();
        calls().createCollection(
                        CreateCollectionRequest.newBuilder().setName("c").build());
        IngestProbe stream = IngestProbe.open(CoordinatorGrpc.newStub(channel), "c", "w");
        for (int i = 1; i <= 60; i++) {
            String text = (WORDS[i % 7] + " ").repeat(1 + i % 4) + WORDS[i % 5] + " number" + i;
            stream.put(i, "d" + i, text);
        }
        assertThat(stream.take(60)).hasSize(60);
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        coordinator.close();
        worker.close();
        firstIndex.close();
        secondIndex.close();
    }

    @Test
    void everyQueryIsAnsweredAsIfItHadBeenAskedAloneWithOneCallToEachShard() {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            texts.add(WORDS[i % 7] + " " + WORDS[i % 3] + " number" + i);
        }
        SearchBatchResponse response = calls().searchBatch(batch(texts).build());
        assertThat(response.getResultsCount()).isEqualTo(100);
        for (int i = 0; i < 100; i++) {
            SearchResponse alone =
                    calls().search(options().setText(texts.get(i)).build());
            assertThat(response.getResults(i).getHitsList())
                    .as(texts.get(i))
                    .isEqualTo(alone.getHitsList())
                    .isNotEmpty();
            assertThat(response.getResults(i).getQueryTerms()).isEqualTo(alone.getQueryTerms());
            assertThat(response.getCoverage()).isEqualTo(alone.getCoverage());
            assertThat(response.getToken()).isEqualTo(alone.getToken());
        }
        assertThat(firstIndex.batches.get()).isEqualTo(1);
        assertThat(secondIndex.batches.get()).isEqualTo(1);
        assertThat(response.getTiming().getEncodeMicros()).isPositive();
    }

    @Test
    void queriesAtFaultHaveAnErrorInTheirPlaceAndTheOthersAreAnswered() {
        SparseVector vector = SparseVector.newBuilder()
                .addIds(FakeWorker.termOf("boat"))
                .addWeights(2f)
                .build();
        SearchBatchRequest.Builder request = batch(List.of("river", " ", "poison", "...", "endless water"))
                .addQueries(BatchQuery.newBuilder().setVector(vector))
                .addQueries(BatchQuery.newBuilder()
                        .setVector(SparseVector.newBuilder().addIds(1).addWeights(Float.NaN)))
                .addQueries(BatchQuery.getDefaultInstance())
                .addQueries(BatchQuery.newBuilder().setText("x".repeat(70_000)))
                .addQueries(BatchQuery.newBuilder().setText("fish"));
        request.getOptionsBuilder().setSpaceId(FakeWorker.SPACE);
        List<BatchResult> results = calls().searchBatch(request.build()).getResultsList();
        assertThat(results)
                .extracting(BatchResult::hasError)
                .containsExactly(false, true, true, false, false, false, true, true, true, false);
        assertThat(results.get(0).getHits(0).getId()).isEqualTo(best("river"));
        refused(results, 1, "text: has 1 bytes, all blank");
        refused(results, 2, "this text cannot be encoded");
        // No term, and so no hit; that is no error.
        assertThat(results.get(3)).isEqualTo(BatchResult.getDefaultInstance());
        assertThat(results.get(4).getQueryTruncatedTokens()).isEqualTo(7);
        assertThat(results.get(5).getHits(0).getId()).isEqualTo(best("boat"));
        refused(results, 6, "weights[0] = NaN");
        refused(results, 7, "query: is missing");
        refused(results, 8, "text: has 70000 bytes");
        assertThat(results.get(9).getHits(0).getId()).isEqualTo(best("fish"));
    }

    @Test
    void aVectorWithoutASpaceIsRefusedAndTextsAreNot() {
        SearchBatchRequest.Builder request = batch(List.of("river"))
                .addQueries(BatchQuery.newBuilder()
                        .setVector(SparseVector.newBuilder().addIds(1).addWeights(1f)));
        List<BatchResult> results = calls().searchBatch(request.build()).getResultsList();
        assertThat(results.get(0).getHitsCount()).isPositive();
        refused(results, 1, "space_id: is missing");
    }

    @Test
    void aBatchThatMatchesNothingAsksNoShard() {
        SearchBatchResponse response =
                calls().searchBatch(batch(List.of("...", "poison")).build());
        assertThat(response.getCoverage().getShardsOk()).isEqualTo(2);
        assertThat(response.getToken().getAppliedIndexMap()).isEmpty();
        assertThat(firstIndex.batches.get()).isZero();
    }

    @Test
    void sourcesAndExplanationsComeForEveryQuery() {
        SearchBatchRequest.Builder request = batch(List.of("river", "water"));
        request.getOptionsBuilder().setIncludeSource(true);
        for (BatchResult result : calls().searchBatch(request.build()).getResultsList()) {
            assertThat(result.getHitsList())
                    .allSatisfy(hit -> assertThat(hit.getSource().getText()).contains("number"));
        }
    }

    @Test
    void whatHoldsForAllQueriesReachesEveryShard() {
        SearchBatchRequest.Builder request = batch(List.of("river"));
        request.getOptionsBuilder()
                .setRescore(true)
                .setRecallTarget(.9f)
                .setExplain(true)
                .setK(3);
        long seen = calls().searchBatch(request.build()).getToken().getAppliedIndexOrThrow(1);
        request.getOptionsBuilder().getTokenBuilder().putAppliedIndex(1, seen);
        calls().searchBatch(request.build());
        ShardSearchRequest options = secondIndex.lastOptions;
        assertThat(options.getShard().getShard()).isEqualTo(1);
        assertThat(options.getRescore()).isTrue();
        assertThat(options.getExplain()).isTrue();
        assertThat(options.getRecallTarget()).isEqualTo(.9f);
        assertThat(options.getK()).isEqualTo(3);
        assertThat(options.getMinAppliedIndex()).isEqualTo(seen);
        assertThat(options.hasQuery()).isFalse();
    }

    @Test
    void batchesThatCannotBeMetAreRefusedWithTheReason() {
        refusedBatch(batch(List.of()), "INVALID_ARGUMENT: queries: there are 0; send 1 to 1024");
        List<String> many = new ArrayList<>();
        for (int i = 0; i <= 1_024; i++) {
            many.add("river");
        }
        refusedBatch(batch(many), "queries: there are 1025");
        SearchBatchRequest.Builder none = batch(List.of("river"));
        none.getOptionsBuilder().setK(0);
        refusedBatch(none, "k: is 0; ask for 1 to 10000");
        SearchBatchRequest.Builder twice = batch(List.of("river"));
        twice.getOptionsBuilder().setText("river");
        refusedBatch(twice, "options: has a text of its own");
        SearchBatchRequest.Builder nowhere = batch(List.of("river"));
        nowhere.getOptionsBuilder().setCollection("nowhere");
        refusedBatch(nowhere, "NOT_FOUND: there is no collection 'nowhere'");
        SearchBatchRequest.Builder elsewhere = batch(List.of("river"));
        elsewhere.getOptionsBuilder().setSpaceId("b".repeat(64));
        refusedBatch(elsewhere, "FAILED_PRECONDITION");
        SearchBatchRequest.Builder later = batch(List.of("river"));
        later.getOptionsBuilder().setEpoch(7);
        refusedBatch(later, "the query is for epoch 7");
    }

    @Test
    void aMissingShardFailsTheBatchUnlessAPartialAnswerIsAllowed() {
        secondIndex.stop();
        SearchBatchRequest.Builder request = batch(List.of("river", "water"));
        refusedBatch(request, "UNAVAILABLE: shard 1 on " + secondIndex.address());
        request.getOptionsBuilder().setAllowPartial(true);
        SearchBatchResponse partial = calls().searchBatch(request.build());
        assertThat(partial.getCoverage().getShardsOk()).isEqualTo(1);
        assertThat(partial.getToken().getAppliedIndexCount()).isEqualTo(1);
        assertThat(partial.getResults(1).getHitsCount()).isPositive();
    }

    @Test
    void anAnswerWithTooFewResultsIsNotTakenForTheRightOne() {
        secondIndex.resultsToLose = 1;
        refusedBatch(batch(List.of("river", "water")), "UNAVAILABLE: shard 1", "answered 1 of 2 queries");
    }

    private String best(String word) {
        return calls().search(options().setText(word).build()).getHits(0).getId();
    }

    private static SearchRequest.Builder options() {
        return SearchRequest.newBuilder().setCollection("c").setK(5);
    }

    private static SearchBatchRequest.Builder batch(List<String> texts) {
        SearchBatchRequest.Builder request = SearchBatchRequest.newBuilder().setOptions(options());
        texts.forEach(text -> request.addQueries(BatchQuery.newBuilder().setText(text)));
        return request;
    }

    private static void refused(List<BatchResult> results, int at, String reason) {
        assertThat(results.get(at).getError().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT.value());
        assertThat(results.get(at).getError().getMessage()).contains(reason);
        assertThat(results.get(at).getError().getField()).isEqualTo("queries[" + at + "]");
        assertThat(results.get(at).getHitsList()).extracting(Hit::getId).isEmpty();
    }

    private void refusedBatch(SearchBatchRequest.Builder request, String... parts) {
        assertThatThrownBy(() -> calls().searchBatch(request.build()))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }

    private CoordinatorBlockingStub calls() {
        return CoordinatorGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }
}
