package io.millrace.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.v1.Collection;
import io.millrace.v1.CoordinatorGrpc;
import io.millrace.v1.CoordinatorGrpc.CoordinatorBlockingStub;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.DescribeCollectionRequest;
import io.millrace.v1.DropCollectionRequest;
import io.millrace.v1.EncodeRequest;
import io.millrace.v1.EncodedText;
import io.millrace.v1.FieldExists;
import io.millrace.v1.Filter;
import io.millrace.v1.GetDocumentRequest;
import io.millrace.v1.Hit;
import io.millrace.v1.IngestAck;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SearchResponse;
import io.millrace.v1.ShardRef;
import io.millrace.v1.SparseVector;
import io.millrace.v1.TextRole;
import io.millrace.v1.WeightFormat;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoordinatorTest {
    @TempDir
    Path folder;

    private final FakeIndexServer firstIndex = new FakeIndexServer();
    private final FakeIndexServer secondIndex = new FakeIndexServer();
    private FakeWorker firstWorker = new FakeWorker();
    private final FakeWorker secondWorker = new FakeWorker();
    private Coordinator coordinator;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws InterruptedException {
        coordinator = Coordinator.start(CoordinatorConfig.local(
                folder,
                0,
                List.of(firstWorker.address(), secondWorker.address()),
                List.of(firstIndex.address(), secondIndex.address())));
        channel = IndexServers.open("127.0.0.1:" + coordinator.port());
        assertThat(coordinator.awaitWorkers(Duration.ofSeconds(10))).isTrue();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        coordinator.close();
        firstWorker.close();
        secondWorker.close();
        firstIndex.close();
        secondIndex.close();
    }

    private CoordinatorBlockingStub calls() {
        return CoordinatorGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private void create(String name) {
        calls().createCollection(
                        CreateCollectionRequest.newBuilder().setName(name).build());
    }

    private IngestProbe ingest(String client) {
        return IngestProbe.open(CoordinatorGrpc.newStub(channel), "c", client);
    }

    private SearchResponse search(String text, int k) {
        return calls().search(SearchRequest.newBuilder()
                .setCollection("c")
                .setText(text)
                .setK(k)
                .build());
    }

    @Test
    void documentsAreAckedOnceSearchableOnBothShardsAndRankedByScore() throws InterruptedException {
        create("c");
        IngestProbe stream = ingest("w");
        for (int i = 1; i <= 300; i++) {
            stream.put(i, "d" + i, "river " + "water ".repeat(i % 7) + "number" + i);
        }
        assertThat(stream.take(300)).allSatisfy(ack -> {
            assertThat(ack.hasError()).isFalse();
            assertThat(ack.getApplied()).isTrue();
            assertThat(ack.getToken().getAppliedIndexCount()).isEqualTo(1);
        });
        stream.call().onCompleted();
        assertThat(stream.ended.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(stream.error).isNull();
        assertThat(firstIndex.liveDocuments()).isBetween(100, 200);
        assertThat(firstIndex.liveDocuments() + secondIndex.liveDocuments()).isEqualTo(300);
        SearchResponse answer = search("water", 5);
        assertThat(answer.getHitsList()).extracting(Hit::getId).containsExactly("d104", "d111", "d118", "d125", "d13");
        assertThat(answer.getCoverage().getShardsOk()).isEqualTo(2);
        assertThat(answer.getCoverage().getSpaceId()).isEqualTo(FakeWorker.SPACE);
        assertThat(calls().describeCollection(DescribeCollectionRequest.newBuilder()
                                .setName("c")
                                .build())
                        .getDocuments())
                .isEqualTo(300);
    }

    @Test
    void whatTheModelDidNotReadIsToldOfDocumentsQueriesAndTexts() throws InterruptedException {
        create("c");
        IngestProbe stream = ingest("w");
        stream.put(1, "a", "short");
        stream.put(2, "b", "endless text");
        assertThat(stream.take(2))
                .extracting(ack -> List.of(ack.getSequence(), (long) ack.getTruncatedTokens()))
                .containsExactlyInAnyOrder(List.of(1L, 0L), List.of(2L, 7L));
        assertThat(search("endless", 5).getQueryTruncatedTokens()).isEqualTo(7);
        assertThat(search("short", 5).getQueryTruncatedTokens()).isZero();
        assertThat(calls().encode(EncodeRequest.newBuilder()
                                .setRole(TextRole.TEXT_ROLE_QUERY)
                                .addTexts("short")
                                .addTexts("endless")
                                .build())
                        .getVectorsList())
                .extracting(EncodedText::getTruncatedTokens)
                .containsExactly(0, 7);
    }

    @Test
    void whatBreaksARuleIsRefusedByItselfAndTheStreamGoesOn() throws InterruptedException {
        create("c");
        IngestProbe stream = ingest("w");
        stream.put(1, "good-1", "alpha");
        stream.put(2, "", "no id");
        stream.put(3, "i".repeat(513), "long id");
        stream.put(4, "empty", "  ");
        stream.put(5, "huge", "x".repeat(1 << 20));
        stream.put(0, "zero", "no sequence");
        stream.put(7, "bad", "poison in the middle");
        stream.put(8, "good-2", "alpha");
        List<IngestAck> acks = stream.take(8);
        assertThat(acks)
                .filteredOn(IngestAck::hasError)
                .extracting(ack -> ack.getError().getField().isEmpty()
                        ? ack.getError().getMessage()
                        : ack.getError().getField())
                .containsExactlyInAnyOrder(
                        "put.id", "put.id", "source.text", "source.text", "sequence", "this text cannot be encoded");
        assertThat(acks)
                .filteredOn(IngestAck::hasError)
                .extracting(ack -> ack.getError().getCode())
                .containsOnly(3);
        assertThat(search("alpha", 10).getHitsList()).extracting(Hit::getId).containsExactly("good-1", "good-2");
    }

    @Test
    void aLaterWriteToTheSameIdWinsThoughDeletesSkipTheWorker() throws InterruptedException {
        create("c");
        IngestProbe stream = ingest("w");
        for (int i = 0; i < 50; i++) {
            stream.put(3 * i + 1, "d" + i, "first");
            stream.delete(3 * i + 2, "d" + i);
            if (i % 2 == 0) {
                stream.put(3 * i + 3, "d" + i, "second");
            }
        }
        assertThat(stream.take(125))
                .allSatisfy(ack -> assertThat(ack.getApplied()).isTrue());
        assertThat(search("first", 100).getHitsCount()).isZero();
        assertThat(search("second", 100).getHitsCount()).isEqualTo(25);
        assertThatThrownBy(() -> calls().getDocument(GetDocumentRequest.newBuilder()
                        .setCollection("c")
                        .setId("d1")
                        .build()))
                .hasMessageContaining("NOT_FOUND");
    }

    @Test
    void aLostAnswerIsRepeatedAndNothingIsAppliedTwice() throws InterruptedException {
        create("c");
        firstIndex.answersToLose = 2;
        secondIndex.answersToLose = 2;
        IngestProbe stream = ingest("w");
        for (int i = 1; i <= 40; i++) {
            stream.put(i, "d" + i, "again");
        }
        assertThat(stream.take(40))
                .allSatisfy(ack -> assertThat(ack.getApplied()).isTrue());
        // A client that lost its stream sends everything again: acked under the first stamps.
        IngestProbe reopened = ingest("w");
        for (int i = 1; i <= 40; i++) {
            reopened.put(i, "d" + i, "again");
        }
        assertThat(reopened.take(40))
                .allSatisfy(ack -> assertThat(ack.hasError()).isFalse());
        assertThat(firstIndex.liveDocuments() + secondIndex.liveDocuments()).isEqualTo(40);
    }

    @Test
    void ingestGoesOnWhenAWorkerDiesAndWhenAnIndexServerIsAwayForAWhile() throws InterruptedException {
        create("c");
        IngestProbe stream = ingest("w");
        firstWorker.silent = true;
        for (int i = 1; i <= 100; i++) {
            stream.put(i, "d" + i, "text" + i);
        }
        Thread.sleep(200);
        firstWorker.close(); // takes its batches with it
        secondIndex.stop();
        Thread.sleep(500);
        secondIndex.start();
        assertThat(stream.take(100))
                .allSatisfy(ack -> assertThat(ack.hasError()).isFalse());
        int port = Integer.parseInt(firstWorker.address().split(":", -1)[1]);
        firstWorker = new FakeWorker(port, FakeWorker.SPACE);
        assertThat(coordinator.awaitWorkers(Duration.ofSeconds(20))).isTrue();
        assertThat(firstIndex.liveDocuments() + secondIndex.liveDocuments()).isEqualTo(100);
    }

    @Test
    void aClientThatReadsNoAcksIsHeldBackInsteadOfFillingMemory() throws InterruptedException {
        create("c");
        IngestProbe stream = IngestProbe.open(CoordinatorGrpc.newStub(channel), "c", "slow", true);
        String text = "word ".repeat(20);
        int sent = 0;
        long idleSince = System.nanoTime();
        while (sent < 200_000 && System.nanoTime() - idleSince < 1_500_000_000L) {
            if (stream.call().isReady()) {
                stream.put(++sent, "d" + sent, text);
                idleSince = System.nanoTime();
            } else {
                Thread.sleep(2);
            }
        }
        // A window of 2,048 operations, 1 MiB of acks and 1 MiB of requests in the transport's windows, and no more.
        assertThat(sent).isLessThan(60_000);
        stream.call().request(Integer.MAX_VALUE);
        assertThat(stream.take(sent)).hasSize(sent);
    }

    @Test
    void aSearchThatCannotBeMetIsRefusedWithTheReason() {
        create("c");
        assertThatThrownBy(() -> search("x", 0)).hasMessageContaining("k: is 0; ask for 1 to 10000");
        assertThatThrownBy(() -> search("x", 10_001)).hasMessageContaining("10001");
        assertThatThrownBy(() -> search(" ", 1)).hasMessageContaining("text: has 1 bytes, all blank");
        assertThatThrownBy(() -> calls().search(SearchRequest.newBuilder()
                        .setCollection("nowhere")
                        .setText("x")
                        .setK(1)
                        .build()))
                .hasMessageContaining("NOT_FOUND: there is no collection 'nowhere'; there are: c");
        SearchRequest.Builder vector = SearchRequest.newBuilder()
                .setCollection("c")
                .setK(1)
                .setVector(SparseVector.newBuilder().addIds(1).addWeights(1f));
        assertThatThrownBy(() -> calls().search(vector.build())).hasMessageContaining("space_id: is missing");
        assertThatThrownBy(
                        () -> calls().search(vector.setSpaceId("b".repeat(64)).build()))
                .hasMessageContaining("FAILED_PRECONDITION")
                .hasMessageContaining(FakeWorker.SPACE);
        vector.setSpaceId(FakeWorker.SPACE)
                .setVector(SparseVector.newBuilder().addIds(1).addWeights(Float.NaN));
        assertThatThrownBy(() -> calls().search(vector.build())).hasMessageContaining("weights[0] = NaN");
    }

    @Test
    void aFilterReachesEveryShardAndAWrongOneNone() {
        create("c");
        Filter filter = Filter.newBuilder()
                .setExists(FieldExists.newBuilder().setField("lang"))
                .build();
        SearchRequest.Builder request =
                SearchRequest.newBuilder().setCollection("c").setText("x").setK(1);
        calls().search(request.setFilter(filter).build());
        assertThat(firstIndex.lastFilter()).isEqualTo(filter);
        assertThat(secondIndex.lastFilter()).isEqualTo(filter);
        Filter wrong =
                filter.toBuilder().setExists(FieldExists.getDefaultInstance()).build();
        assertThatThrownBy(() -> calls().search(request.setFilter(wrong).build()))
                .hasMessageContaining("INVALID_ARGUMENT: filter.exists.field: is empty");
        assertThat(firstIndex.lastFilter()).isEqualTo(filter);
        search("x", 1);
        assertThat(firstIndex.lastFilter()).isEqualTo(Filter.getDefaultInstance());
    }

    @Test
    void aMissingShardFailsTheSearchUnlessAPartialAnswerIsAllowed() throws InterruptedException {
        create("c");
        IngestProbe stream = ingest("w");
        for (int i = 1; i <= 20; i++) {
            stream.put(i, "d" + i, "alpha");
        }
        stream.take(20);
        secondIndex.stop();
        assertThatThrownBy(() -> search("alpha", 20))
                .hasMessageContaining("UNAVAILABLE: shard 1 on " + secondIndex.address())
                .hasMessageContaining("allow_partial");
        SearchResponse partial = calls().search(SearchRequest.newBuilder()
                .setCollection("c")
                .setText("alpha")
                .setK(20)
                .setAllowPartial(true)
                .build());
        assertThat(partial.getCoverage().getShardsOk()).isEqualTo(1);
        assertThat(partial.getCoverage().getShardsTotal()).isEqualTo(2);
        assertThat(partial.getHitsCount()).isEqualTo(firstIndex.liveDocuments());
    }

    @Test
    void collectionsSurviveARestartAndADropIsFinishedLater() throws InterruptedException {
        create("c");
        create("gone");
        assertThatThrownBy(() -> create("c")).hasMessageContaining("ALREADY_EXISTS");
        assertThatThrownBy(() -> create("Not A Name")).hasMessageContaining("INVALID_ARGUMENT: name");
        secondIndex.stop();
        calls().dropCollection(
                        DropCollectionRequest.newBuilder().setName("gone").build());
        assertThatThrownBy(() -> create("gone")).hasMessageContaining("still being dropped");
        coordinator.close();
        secondIndex.start();
        coordinator = Coordinator.start(CoordinatorConfig.local(
                folder,
                coordinator.port(),
                List.of(firstWorker.address()),
                List.of(firstIndex.address(), secondIndex.address())));
        assertThat(calls().withWaitForReady()
                        .describeCollection(DescribeCollectionRequest.newBuilder()
                                .setName("c")
                                .build())
                        .getGeneration())
                .isEqualTo(1);
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (secondIndex.shards.size() > 1 && System.nanoTime() < deadline) {
            Thread.sleep(20);
        }
        assertThat(secondIndex.shards.keySet())
                .extracting(ShardRef::getCollection)
                .containsExactly("c");
    }

    @Test
    void aNameUsedAgainAfterADropGetsAGenerationOfItsOwn() {
        create("again");
        calls().dropCollection(
                        DropCollectionRequest.newBuilder().setName("again").build());
        Collection second = calls().createCollection(
                        CreateCollectionRequest.newBuilder().setName("again").build());
        assertThat(second.getGeneration()).isEqualTo(2);
        // A write on its way to the first one finds no shard.
        assertThat(firstIndex.shards.keySet())
                .extracting(ShardRef::getGeneration)
                .containsExactly(2L);
    }

    @Test
    void eightBitWeightsGetTheirScaleFromTheModel() {
        Collection collection = calls().createCollection(CreateCollectionRequest.newBuilder()
                .setName("small")
                .setWeightFormat(WeightFormat.WEIGHT_FORMAT_UINT8)
                .build());
        // The bag of words counts "the" three times in one of the sample texts.
        assertThat(collection.getMaxWeight()).isEqualTo(3 * 1.25f);
        assertThat(firstIndex.created.getFirst().getMaxWeight()).isEqualTo(3 * 1.25f);
    }

    @Test
    void aStreamIntoAnotherSpaceThanTheWorkersServeIsRefused() throws InterruptedException {
        create("c");
        firstWorker.close();
        secondWorker.close();
        coordinator.close();
        try (FakeWorker other = new FakeWorker(0, "b".repeat(64))) {
            coordinator = Coordinator.start(CoordinatorConfig.local(
                    folder,
                    coordinator.port(),
                    List.of(other.address()),
                    List.of(firstIndex.address(), secondIndex.address())));
            assertThat(coordinator.awaitWorkers(Duration.ofSeconds(10))).isTrue();
            IngestProbe stream =
                    IngestProbe.open(CoordinatorGrpc.newStub(channel).withWaitForReady(), "c", "w");
            stream.put(1, "d", "text");
            IngestAck ack = stream.take(1).getFirst();
            assertThat(ack.getError().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION.value());
            assertThat(ack.getError().getMessage()).contains("b".repeat(64), FakeWorker.SPACE);
        }
    }
}
