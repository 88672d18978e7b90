package io.millrace.index.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.search.TermAtATimeSearcher;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class BatchLanesTest {
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    @Test
    void everyQueryIsAnsweredOnce() {
        for (int lanes : new int[] {1, 2, 7}) {
            for (int count : new int[] {1, 2, 500}) {
                AtomicIntegerArray done = new AtomicIntegerArray(count);
                new BatchLanes(lanes).run(count, deadline(), done::incrementAndGet);
                for (int i = 0; i < count; i++) {
                    assertThat(done.get(i)).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void manyBatchesAtOnceAreAllAnswered() throws Exception {
        BatchLanes lanes = new BatchLanes(3);
        AtomicInteger done = new AtomicInteger();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 20; round++) {
                List<Future<?>> batches = new CopyOnWriteArrayList<>();
                for (int i = 0; i < 12; i++) {
                    batches.add(callers.submit(() -> lanes.run(50, deadline(), at -> done.incrementAndGet())));
                }
                for (Future<?> batch : batches) {
                    batch.get();
                }
            }
        }
        assertThat(done.get()).isEqualTo(20 * 12 * 50);
    }

    @Test
    void aSingleSearchWaitsForOneQueryOfABatchOnly() throws Exception {
        List<String> order = new CopyOnWriteArrayList<>();
        CountDownLatch begun = new CountDownLatch(1);
        BatchLanes lanes = new BatchLanes(1);
        try (SearchPool pool = SearchPool.of(1, new TermAtATimeSearcher());
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> batch = callers.submit(() -> lanes.run(
                    5,
                    deadline(),
                    at -> pool.run(PATIENCE_NANOS, searcher -> {
                        begun.countDown();
                        while (at == 0 && pool.waiting() == 0) {
                            Thread.onSpinWait();
                        }
                        return order.add("query " + at);
                    })));
            begun.await();
            pool.run(PATIENCE_NANOS, searcher -> order.add("single"));
            batch.get();
        }
        assertThat(order).startsWith("query 0", "single", "query 1").hasSize(6);
    }

    @Test
    void theFirstFailureEndsTheBatchAndTheLanesAreFreeAgain() {
        BatchLanes lanes = new BatchLanes(2);
        AtomicInteger begun = new AtomicInteger();
        for (int repeat = 0; repeat < 20; repeat++) {
            assertThatThrownBy(() -> lanes.run(1_000_000, deadline(), at -> {
                        begun.incrementAndGet();
                        throw new IllegalArgumentException("query " + at);
                    }))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(begun.get()).isLessThanOrEqualTo(20 * 2);
        AtomicInteger done = new AtomicInteger();
        lanes.run(100, deadline(), at -> done.incrementAndGet());
        assertThat(done.get()).isEqualTo(100);
    }

    @Test
    void noQueryBeginsAfterTheDeadline() {
        AtomicInteger begun = new AtomicInteger();
        long deadline = System.nanoTime() + 50_000_000;
        assertThatThrownBy(() -> new BatchLanes(1).run(10, deadline, at -> {
                    begun.incrementAndGet();
                    while (at == 2 && System.nanoTime() - deadline < 0) {
                        Thread.onSpinWait();
                    }
                }))
                .hasMessageStartingWith("DEADLINE_EXCEEDED")
                .hasMessageContaining("of 10 queries were begun in time");
        assertThat(begun.get()).isLessThanOrEqualTo(3);
    }

    @Test
    void batchesBeyondTheLimitAreRefusedAtOnce() throws Exception {
        BatchLanes lanes = new BatchLanes(1);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> held = new CopyOnWriteArrayList<>();
            for (int i = 0; i < 4; i++) {
                held.add(callers.submit(() -> lanes.run(1, deadline(), at -> {
                    begun.countDown();
                    awaitUninterrupted(release);
                })));
            }
            begun.await();
            while (lanes.underWay() < 4) {
                Thread.sleep(1);
            }
            assertThatThrownBy(() -> lanes.run(1, deadline(), at -> {}))
                    .hasMessageStartingWith("RESOURCE_EXHAUSTED: 4 batches are under way");
            release.countDown();
            for (Future<?> batch : held) {
                batch.get();
            }
        }
    }

    private static long deadline() {
        return System.nanoTime() + PATIENCE_NANOS;
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
