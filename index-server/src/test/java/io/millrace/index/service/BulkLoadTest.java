package io.millrace.index.service;

import static io.millrace.index.service.IndexClient.SHARD;
import static io.millrace.index.service.IndexClient.puts;
import static io.millrace.index.service.IndexClient.vector;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.millrace.index.fsck.Fsck;
import io.millrace.v1.BulkLoadResponse;
import io.millrace.v1.IndexServerGrpc;
import io.millrace.v1.ShardRef;
import io.millrace.v1.ShardStats;
import io.millrace.v1.StatsRequest;
import io.millrace.v1.WriteRequest;
import io.millrace.v1.Writer;
import io.millrace.vector.SparseVector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bulk loads over real gRPC on loopback. */
@Timeout(60)
class BulkLoadTest {
    @TempDir
    private Path directory;

    /** One load, and what has been answered. */
    private static final class Load implements StreamObserver<BulkLoadResponse> {
        private final LinkedBlockingQueue<BulkLoadResponse> answers = new LinkedBlockingQueue<>();
        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile Status status = Status.OK;
        private final StreamObserver<WriteRequest> requests;

        Load(IndexClient client) {
            requests = IndexServerGrpc.newStub(client.channel()).bulkLoad(this);
        }

        Load send(WriteRequest.Builder request) {
            requests.onNext(request.build());
            return this;
        }

        BulkLoadResponse answer() throws InterruptedException {
            BulkLoadResponse answer = answers.poll(30, TimeUnit.SECONDS);
            assertThat(answer).as("answer; ended with %s", status).isNotNull();
            return answer;
        }

        /** Ends it from this side; the status that the server ended it with. */
        Status finish() throws InterruptedException {
            requests.onCompleted();
            return awaitEnd();
        }

        Status awaitEnd() throws InterruptedException {
            assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
            return status;
        }

        @Override
        public void onNext(BulkLoadResponse answer) {
            answers.add(answer);
        }

        @Override
        public void onError(Throwable cause) {
            status = Status.fromThrowable(cause);
            ended.countDown();
        }

        @Override
        public void onCompleted() {
            ended.countDown();
        }
    }

    @Test
    void eachRequestIsAnsweredInOrderOnceItIsSearchable() throws Exception {
        try (IndexClient client = new IndexClient(directory).withShard()) {
            Load load = new Load(client).send(bulk(puts(1, vector(7, 1f), vector(7, 2f))));
            BulkLoadResponse first = load.answer();
            assertThat(first.getApplied()).isEqualTo(2);
            assertThat(first.getSuperseded()).isZero();
            assertThat(first.getDurableIndex()).isEqualTo(first.getAppliedIndex());
            assertThat(client.found(7)).as("while the load goes on").containsExactly("doc-2", "doc-1");

            long before = first.getAppliedIndex();
            for (int i = 0; i < 40; i++) {
                load.send(bulk(puts(10 + 10L * i, vectors(10))));
            }
            assertThat(load.finish()).isEqualTo(Status.OK);
            assertThat(load.answers).hasSize(40);
            for (BulkLoadResponse answer : load.answers) {
                assertThat(answer.getApplied()).isEqualTo(10);
                assertThat(answer.getAppliedIndex()).isGreaterThanOrEqualTo(before);
                before = answer.getAppliedIndex();
            }
            assertThat(stats(client).getDocuments()).isEqualTo(402);
        }
        assertThat(Fsck.check(directory).findings()).isEmpty();
    }

    @Test
    void whatWasNotAnsweredIsSentAgainAfterABreak() throws Exception {
        try (IndexClient client = new IndexClient(directory).withShard()) {
            Load broken = new Load(client);
            for (int i = 0; i < 20; i++) {
                broken.send(bulk(puts(1 + 10L * i, vectors(10))));
            }
            broken.answer();
            broken.requests.onError(Status.CANCELLED.asRuntimeException());
            assertThat(broken.awaitEnd().getCode()).isEqualTo(Status.Code.CANCELLED);

            Load again = new Load(client);
            for (int i = 0; i < 20; i++) {
                again.send(bulk(puts(1 + 10L * i, vectors(10))));
            }
            assertThat(again.finish()).isEqualTo(Status.OK);
            assertThat(again.answers).hasSize(20).allMatch(answer -> answer.getApplied() == 10);
            assertThat(stats(client).getDocuments()).isEqualTo(200);
        }
        try (IndexClient restarted = new IndexClient(directory)) {
            assertThat(stats(restarted).getDocuments()).isEqualTo(200);
        }
    }

    @Test
    void newerWritesOfOthersWinAndTheirSequencesStayTheirOwn() throws Exception {
        try (IndexClient client = new IndexClient(directory).withShard()) {
            client.call().write(puts(5, vector(7, 1f)).build());
            WriteRequest.Builder older = puts(5, vector(8, 1f), vector(8, 1f));
            older.getOperationsBuilder(0).getStampBuilder().setTime(1);
            Load load = new Load(client).send(bulk(older)).send(bulk(IndexClient.delete(9, "doc-6")));
            assertThat(load.answer().getSuperseded()).isEqualTo(1);
            assertThat(load.answer().getApplied()).isEqualTo(1);
            assertThat(load.finish()).isEqualTo(Status.OK);
            assertThat(client.found(7, 8)).containsExactly("doc-5");
        }
    }

    static Stream<Consumer<WriteRequest.Builder>> spoiled() {
        return Stream.of(
                request -> request.addWriters(Writer.newBuilder().setClientId("test")),
                request -> request.getOperationsBuilder(0).setSequence(1),
                request -> request.getOperationsBuilder(0).setWriter(1),
                request -> request.getOperationsBuilder(0).clearStamp(),
                request -> request.getOperationsBuilder(0).setId(""),
                WriteRequest.Builder::clearOperations,
                request -> request.getVectorsBuilder().setCount(-1),
                request -> request.getVectorsBuilder().setPayload(ByteString.copyFromUtf8("damaged")),
                WriteRequest.Builder::clearVectors,
                WriteRequest.Builder::clearShard);
    }

    @ParameterizedTest
    @MethodSource("spoiled")
    void wrongRequestEndsTheLoadAndLeavesWhatWasAnswered(Consumer<WriteRequest.Builder> spoil) throws Exception {
        try (IndexClient client = new IndexClient(directory).withShard()) {
            WriteRequest.Builder wrong = bulk(puts(100, vector(7, 1f)));
            spoil.accept(wrong);
            Load load = new Load(client)
                    .send(bulk(puts(1, vector(7, 1f))))
                    .send(wrong)
                    .send(bulk(puts(2, vector(7, 1f))));
            assertThat(load.awaitEnd().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(load.answers).hasSize(1);
            assertThat(client.found(7)).contains("doc-1").doesNotContain("doc-100");
        }
    }

    @Test
    void shardThatIsNotThereEndsTheLoad() throws Exception {
        try (IndexClient client = new IndexClient(directory).withShard()) {
            ShardRef other = SHARD.toBuilder().setShard(3).build();
            Load load = new Load(client).send(bulk(puts(1, vector(7, 1f))).setShard(other));
            assertThat(load.awaitEnd().getCode()).isEqualTo(Status.Code.NOT_FOUND);
            Load late = new Load(client).send(bulk(puts(1, vector(7, 1f))).setEpoch(2));
            assertThat(late.awaitEnd().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
            assertThat(new Load(client).finish()).as("of nothing").isEqualTo(Status.OK);
        }
    }

    @Test
    void ordinaryWritesAndSearchesGoOnBesideALoad() throws Exception {
        try (IndexClient client = new IndexClient(directory).withShard()) {
            Load load = new Load(client);
            List<String> written = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                load.send(bulk(puts(10_000 + 50L * i, vectors(50))));
                client.call().write(puts(1 + i, vector(9, i + 1f)).build());
                written.addFirst("doc-" + (1 + i));
                assertThat(client.found(9)).isEqualTo(written.subList(0, Math.min(10, written.size())));
            }
            assertThat(load.finish()).isEqualTo(Status.OK);
            assertThat(stats(client).getDocuments()).isEqualTo(60 + 60 * 50);
        }
        assertThat(Fsck.check(directory).findings()).isEmpty();
    }

    private static WriteRequest.Builder bulk(WriteRequest.Builder numbered) {
        numbered.clearWriters();
        numbered.getOperationsBuilderList()
                .forEach(operation -> operation.setWriter(0).setSequence(0));
        return numbered;
    }

    private static SparseVector[] vectors(int count) {
        SparseVector[] vectors = new SparseVector[count];
        Arrays.fill(vectors, vector(7, 1f));
        return vectors;
    }

    private static ShardStats stats(IndexClient client) {
        return client.call().stats(StatsRequest.getDefaultInstance()).getShards(0);
    }
}
