package io.millrace.index.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.millrace.index.IndexServerConfig;
import io.millrace.index.search.TermAtATimeSearcher;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a server does when there is more to do than it will hold. */
class OverloadTest {
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    @TempDir
    private Path directory;

    @Test
    void searchBeyondTheQueueIsRefusedAtOnceWithRetryInformation() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        try (SearchPool pool = SearchPool.of(1, 2, new TermAtATimeSearcher());
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> held = new ArrayList<>();
            held.add(callers.submit(() -> pool.run(PATIENCE_NANOS, searcher -> {
                begun.countDown();
                return await(release);
            })));
            begun.await();
            held.add(callers.submit(() -> pool.run(PATIENCE_NANOS, searcher -> await(release))));
            held.add(callers.submit(() -> pool.run(PATIENCE_NANOS, searcher -> await(release))));
            while (pool.waiting() < 2) {
                Thread.sleep(1);
            }
            assertThatThrownBy(() -> pool.run(PATIENCE_NANOS, searcher -> "unexpected"))
                    .isInstanceOfSatisfying(StatusRuntimeException.class, refused -> {
                        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                        assertThat(retryInfo(refused).hasRetryDelay()).isTrue();
                    })
                    .hasMessageContaining("2 searches wait for 1 threads");
            release.countDown();
            for (Future<String> search : held) {
                assertThat(search.get()).isEqualTo("done");
            }
        }
    }

    @Test
    void searchWhoseCallerHasGoneIsNotBegun() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        List<String> ran = new ArrayList<>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            try (SearchPool pool = SearchPool.of(1, 8, new TermAtATimeSearcher())) {
                Future<String> holding = callers.submit(() -> pool.run(PATIENCE_NANOS, searcher -> {
                    begun.countDown();
                    return await(release);
                }));
                begun.await();
                assertThatThrownBy(() -> pool.run(1_000_000, searcher -> ran.add("late")))
                        .hasMessageStartingWith("DEADLINE_EXCEEDED");
                release.countDown();
                assertThat(holding.get()).isEqualTo("done");
            }
            assertThat(ran).isEmpty();
        }
    }

    @Test
    void fullDiskRefusesWritesWithRetryInformationAndReadsGoOn() throws Exception {
        try (IndexClient client = new IndexClient(directory).withShard()) {
            client.call().write(IndexClient.puts(1, IndexClient.vector(7, 1f)).build());
        }
        IndexServerConfig greedy = new IndexServerConfig("127.0.0.1", 0, -1, directory, 2, 50, Integer.MAX_VALUE, "");
        try (IndexClient client = new IndexClient(greedy)) {
            assertThatThrownBy(() -> client.call()
                            .write(IndexClient.puts(2, IndexClient.vector(7, 1f))
                                    .build()))
                    .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                        assertThat(retryInfo(e).hasRetryDelay()).isTrue();
                    })
                    .hasMessageContaining("MiB left");
            assertThat(client.found(7)).containsExactly("doc-1");
        }
    }

    private static RetryInfo retryInfo(StatusRuntimeException refused) {
        try {
            return Objects.requireNonNull(StatusProto.fromThrowable(refused))
                    .getDetails(0)
                    .unpack(RetryInfo.class);
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError("no retry information in " + refused, e);
        }
    }

    private static String await(CountDownLatch latch) {
        try {
            latch.await();
            return "done";
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
