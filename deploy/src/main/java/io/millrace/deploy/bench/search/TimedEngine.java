package io.millrace.deploy.bench.search;

import com.sun.management.ThreadMXBean;
import io.millrace.index.search.ScoredDocument;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** One engine, and what its searches took so far. Rounds are for one thread. */
final class TimedEngine {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Engine engine;
    private final long[] last;
    private final long[] best;
    private long counted;
    private long countedNanos;
    private long allocatedBytes;
    private long collections;
    // Read by nobody: what is found must not look unused to the compiler.
    private volatile long found;

    TimedEngine(Engine engine, int queries) {
        this.engine = engine;
        this.last = new long[queries];
        this.best = new long[queries];
        Arrays.fill(best, Long.MAX_VALUE);
    }

    /** Name of the engine. */
    String name() {
        return engine.name();
    }

    /** Answers all queries, one after the other, on this thread; the times count unless it is for warming up. */
    void round(boolean counts) {
        long hits = 0;
        long collected = collections();
        long allocated = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < last.length; i++) {
            long begun = System.nanoTime();
            hits += engine.ask(i);
            last[i] = System.nanoTime() - begun;
        }
        allocatedBytes = THREADS.getCurrentThreadAllocatedBytes() - allocated;
        collections += counts ? collections() - collected : 0;
        found = hits;
        for (int i = 0; counts && i < last.length; i++) {
            best[i] = Math.min(best[i], last[i]);
            countedNanos += last[i];
            counted++;
        }
    }

    /** What all queries find. */
    List<List<ScoredDocument>> answers() {
        return IntStream.range(0, last.length).mapToObj(engine::answer).toList();
    }

    /** Of each query's shortest time in all rounds that count: what the work costs where nothing disturbs it. */
    LatencyFigures bestOfRounds() {
        return LatencyFigures.of(best);
    }

    /** Of all calls of the last round: what a caller sees on this machine. */
    LatencyFigures lastRound() {
        return LatencyFigures.of(last);
    }

    /** Mean of all calls of all rounds that count, in microseconds. */
    double allRoundsMean() {
        return Rounded.to(1, countedNanos / 1e3 / Math.max(1, counted));
    }

    /** Heap bytes that a search of the last round allocated, on average. */
    long allocatedBytesPerQuery() {
        return Math.round((double) allocatedBytes / last.length);
    }

    /** Garbage collections during all rounds that count. */
    long garbageCollections() {
        return collections;
    }

    private static long collections() {
        long count = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            count += collector.getCollectionCount();
        }
        return count;
    }

    /**
     * Queries per second of some threads that search at once.
     *
     * @param warmUp rounds of each thread that do not count: this loop is compiled apart from that of {@link #round}
     * @param rounds of each thread that count
     */
    double queriesPerSecond(int threads, int warmUp, int rounds) throws InterruptedException {
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            searchAtOnce(pool, threads, warmUp);
            long begun = System.nanoTime();
            long searches = searchAtOnce(pool, threads, rounds);
            return Rounded.to(1, searches * 1e9 / (System.nanoTime() - begun));
        } catch (ExecutionException e) {
            throw new IllegalStateException("a search failed", e);
        }
    }

    private long searchAtOnce(ExecutorService pool, int threads, int rounds)
            throws ExecutionException, InterruptedException {
        AtomicLong next = new AtomicLong();
        long searches = (long) threads * rounds * last.length;
        List<Future<?>> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            running.add(pool.submit(() -> {
                for (long i = next.getAndIncrement(); i < searches; i = next.getAndIncrement()) {
                    found = engine.ask((int) (i % last.length));
                }
            }));
        }
        for (Future<?> thread : running) {
            thread.get();
        }
        return searches;
    }
}
