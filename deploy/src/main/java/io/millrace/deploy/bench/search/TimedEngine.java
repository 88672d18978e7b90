package io.millrace.deploy.bench.search;

import com.sun.management.ThreadMXBean;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.Searcher;
import io.millrace.index.shard.SearchState;
import io.millrace.index.shard.Shard;
import io.millrace.vector.SparseVector;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** One engine over one shard, and what its searches took so far. Rounds are for one thread. */
final class TimedEngine {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Searcher searcher;
    private final Shard shard;
    private final List<SparseVector> queries;
    private final int k;
    private final long[] last;
    private final long[] best;
    private long counted;
    private long countedNanos;
    private long allocatedBytes;
    // Read by nobody: what is found must not look unused to the compiler.
    private volatile long found;

    TimedEngine(Searcher searcher, Shard shard, List<SparseVector> queries, int k) {
        this.searcher = searcher;
        this.shard = shard;
        this.queries = queries;
        this.k = k;
        this.last = new long[queries.size()];
        this.best = new long[queries.size()];
        Arrays.fill(best, Long.MAX_VALUE);
    }

    /** Name of the engine. */
    String name() {
        return searcher instanceof AimedSearcher aimed
                ? aimed.toString()
                : searcher.getClass().getSimpleName();
    }

    /** Answers all queries, one after the other, on this thread; the times count unless it is for warming up. */
    void round(boolean counts) {
        long hits = 0;
        long allocated = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < last.length; i++) {
            long begun = System.nanoTime();
            hits += search(queries.get(i)).size();
            last[i] = System.nanoTime() - begun;
        }
        allocatedBytes = THREADS.getCurrentThreadAllocatedBytes() - allocated;
        found = hits;
        for (int i = 0; counts && i < last.length; i++) {
            best[i] = Math.min(best[i], last[i]);
            countedNanos += last[i];
            counted++;
        }
    }

    /** What all queries find. */
    List<List<ScoredDocument>> answers() {
        return queries.stream().map(this::search).toList();
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
        long searches = (long) threads * rounds * queries.size();
        List<Future<?>> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            running.add(pool.submit(() -> {
                for (long i = next.getAndIncrement(); i < searches; i = next.getAndIncrement()) {
                    found = search(queries.get((int) (i % queries.size()))).size();
                }
            }));
        }
        for (Future<?> thread : running) {
            thread.get();
        }
        return searches;
    }

    private List<ScoredDocument> search(SparseVector query) {
        try (SearchState state = shard.state()) {
            return searcher.search(state.view(), query, k);
        }
    }
}
