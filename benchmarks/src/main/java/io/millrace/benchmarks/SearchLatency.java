package io.millrace.benchmarks;

import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.batch.ShardBatch;
import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.batch.ShardBatch.Put;
import io.millrace.index.batch.ShardBatch.WriterProgress;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.record.Stamp;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.search.Searcher;
import io.millrace.index.search.TermAtATimeSearcher;
import io.millrace.index.shard.SearchState;
import io.millrace.index.shard.ShardLimits;
import io.millrace.index.shard.ShardObserver;
import io.millrace.index.shard.ShardSize;
import io.millrace.index.shard.ShardWriter;
import io.millrace.index.store.DataDirectory;
import io.millrace.index.store.ShardStore;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Ingest rate of ready-made vectors and search latency of one shard, on synthetic vectors.
 *
 * <p>Usage: {@code SearchLatency [documents=100000] [terms=120] [batch=256] [f32|u8]}. Writes are synced; up to four
 * batches wait at a time, as from several callers. Searches run on one thread with k = 10, after a warm-up: the last
 * round shows what a caller saw, the best of several what the work costs when the machine does nothing else. Synthetic
 * vectors are easier than real ones.
 */
public final class SearchLatency {
    private static final int VOCABULARY = 30_522;
    private static final int QUERY_TERMS = 43;
    private static final int QUERIES = 300;
    private static final int IN_FLIGHT = 4;
    private static final int WARM_UP = 5;
    private static final int ROUNDS = 5;

    private SearchLatency() {}

    /** Runs it. */
    public static void main(String[] arguments) throws Exception {
        int documents = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100_000;
        int terms = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 120;
        int batch = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 256;
        boolean quantised = arguments.length > 3 && arguments[3].equals("u8");
        WeightScheme weights = quantised ? WeightScheme.uint8(3f) : WeightScheme.float32();
        Path directory = Files.createTempDirectory("millrace-bench");
        try (DataDirectory data = DataDirectory.open(directory);
                ExecutorService flushes = Executors.newSingleThreadExecutor();
                ExecutorService merges = Executors.newSingleThreadExecutor()) {
            ShardDescriptor descriptor =
                    new ShardDescriptor(new ShardIdentity("bench", 1, 0), "0".repeat(64), 1, weights);
            Path folder = data.create(descriptor);
            try (ShardWriter writer = start(folder, flushes, merges)) {
                ingest(writer, documents, terms, batch);
                settle(writer);
                search(writer);
                report(writer);
            }
            long begun = System.nanoTime();
            try (ShardWriter writer = start(folder, flushes, merges)) {
                System.out.printf("reopened in %.2f s%n", seconds(begun));
                search(writer);
            }
        } finally {
            remove(directory);
        }
    }

    private static ShardWriter start(Path folder, ExecutorService flushes, ExecutorService merges) {
        return ShardWriter.start(ShardStore.open(folder), ShardLimits.defaults(), flushes, merges, ShardObserver.NONE);
    }

    private static void ingest(ShardWriter writer, int documents, int terms, int batch) {
        // Making vectors is not what is measured.
        List<ShardBatch> batches = batches(documents, terms, batch);
        Deque<CompletableFuture<BatchOutcome>> waiting = new ArrayDeque<>();
        long begun = System.nanoTime();
        for (ShardBatch next : batches) {
            if (waiting.size() == IN_FLIGHT) {
                waiting.removeFirst().join();
            }
            waiting.add(writer.submit(next, Long.MAX_VALUE));
        }
        waiting.forEach(CompletableFuture::join);
        double seconds = seconds(begun);
        System.out.printf(
                "ingest: %d documents of %d terms, batches of %d, %d in flight, synced: %.0f documents/s (%.2f s)%n",
                documents, terms, batch, IN_FLIGHT, documents / seconds, seconds);
    }

    private static List<ShardBatch> batches(int documents, int terms, int batch) {
        Random random = new Random(1);
        List<ShardBatch> batches = new ArrayList<>();
        for (int done = 0; done < documents; done += batch) {
            List<Operation> operations = new ArrayList<>();
            for (int i = done; i < Math.min(documents, done + batch); i++) {
                byte[] source = ("passage " + i + " ").repeat(20).getBytes(StandardCharsets.UTF_8);
                Put put = new Put(source, vector(random, terms));
                operations.add(new Operation(0, i + 1, new Stamp(i + 1, 0), DocumentId.of("doc-" + i), put));
            }
            batches.add(new ShardBatch(List.of(new WriterProgress("bench", done)), operations));
        }
        return batches;
    }

    /** Lets merges finish, so that latency is that of a shard at rest. */
    private static void settle(ShardWriter writer) throws InterruptedException {
        int before;
        do {
            before = writer.shard().size().segments();
            Thread.sleep(1_000);
        } while (writer.shard().size().segments() != before);
    }

    private static void search(ShardWriter writer) {
        Random random = new Random(2);
        List<SparseVector> queries = new ArrayList<>();
        for (int i = 0; i < QUERIES; i++) {
            queries.add(vector(random, QUERY_TERMS));
        }
        Searcher searcher = new TermAtATimeSearcher();
        long[] last = new long[QUERIES];
        long[] best = new long[QUERIES];
        Arrays.fill(best, Long.MAX_VALUE);
        double sink = 0;
        for (int round = 0; round < WARM_UP + ROUNDS; round++) {
            for (int i = 0; i < QUERIES; i++) {
                long begun = System.nanoTime();
                try (SearchState state = writer.shard().state()) {
                    sink += searcher.search(state.view(), queries.get(i), 10)
                            .getFirst()
                            .score();
                }
                last[i] = System.nanoTime() - begun;
                best[i] = round < WARM_UP ? Long.MAX_VALUE : Math.min(best[i], last[i]);
            }
        }
        print("last round", last);
        print("best of " + ROUNDS, best);
        System.out.printf("checksum %.3f%n", sink);
    }

    private static void print(String which, long[] nanos) {
        Arrays.sort(nanos);
        System.out.printf(
                "search, %s: k 10, %d query terms: mean %.0f us, p50 %.0f us, p99 %.0f us%n",
                which,
                QUERY_TERMS,
                Arrays.stream(nanos).average().orElse(0) / 1e3,
                nanos[QUERIES / 2] / 1e3,
                nanos[QUERIES * 99 / 100] / 1e3);
    }

    private static void report(ShardWriter writer) {
        ShardSize size = writer.shard().size();
        System.out.printf(
                "shard: %d documents, %d postings, %d segments, %d buffered, memory %d MiB, disk %d MiB%n",
                size.documents(),
                size.postings(),
                size.segments(),
                size.bufferedDocuments(),
                size.memoryBytes() >> 20,
                writer.shard().store().diskBytes() >> 20);
    }

    /** Terms skewed as text is, weights as a SPLADE model's. */
    private static SparseVector vector(Random random, int terms) {
        boolean[] taken = new boolean[VOCABULARY];
        for (int i = 0; i < terms; ) {
            double u = random.nextDouble();
            int term = (int) (u * u * VOCABULARY);
            if (!taken[term]) {
                taken[term] = true;
                i++;
            }
        }
        int[] ids = new int[terms];
        float[] weights = new float[terms];
        for (int term = 0, i = 0; term < VOCABULARY; term++) {
            if (taken[term]) {
                ids[i] = term;
                weights[i++] = (float) Math.min(3, .02 - .6 * Math.log(1 - random.nextDouble()));
            }
        }
        return new SparseVector(ids, weights);
    }

    private static double seconds(long begun) {
        return (System.nanoTime() - begun) / 1e9;
    }

    private static void remove(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
