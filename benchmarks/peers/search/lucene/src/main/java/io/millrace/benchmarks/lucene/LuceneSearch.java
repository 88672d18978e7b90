package io.millrace.benchmarks.lucene;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.store.MMapDirectory;

/**
 * Asks Lucene for the best documents of sparse queries. Prints one JSON object; the times of all searches (int64 nanoseconds,
 * rounds × queries) and what the last round found (int32 rows, queries × k, -1 where nothing) go into files, so that the
 * statistics are those of the other peers.
 */
public final class LuceneSearch {
    private static final int MOST_TERMS = 4096;

    private final IndexSearcher searcher;
    private final List<Query> queries;
    private final int k;

    private LuceneSearch(IndexSearcher searcher, List<Query> queries, int k) {
        this.searcher = searcher;
        this.queries = queries;
        this.k = k;
    }

    /**
     * {@code build VECTORS INDEX feature|impact plain|reordered THREADS}, or {@code search VECTORS INDEX feature|impact OUT K
     * QUERIES WARM_UP ROUNDS THREADS HEAVIEST}, or {@code order INDEX OUT}, the rows in the index's order (int32).
     */
    public static void main(String[] args) throws IOException, InterruptedException, ExecutionException {
        switch (args[0]) {
            case "build" -> {
                long begun = System.nanoTime();
                boolean reorder = args[4].equals("reordered");
                Path documents = Path.of(args[1], "docs.csr");
                LuceneIndex.build(documents, Path.of(args[2]), encoding(args[3]), reorder, Integer.parseInt(args[5]));
                System.out.printf(Locale.ROOT, "{\"buildSeconds\": %.1f}%n", (System.nanoTime() - begun) / 1e9);
            }
            case "search" -> search(args);
            case "order" -> {
                try (DirectoryReader reader = DirectoryReader.open(new MMapDirectory(Path.of(args[1])))) {
                    write(Path.of(args[2]), LuceneIndex.rows(reader));
                }
            }
            default -> throw new IllegalArgumentException("unknown command " + args[0]);
        }
    }

    private static void search(String[] args) throws IOException, InterruptedException, ExecutionException {
        Path out = Path.of(args[4]);
        int k = Integer.parseInt(args[5]);
        int warmUp = Integer.parseInt(args[7]);
        int rounds = Integer.parseInt(args[8]);
        int threads = Integer.parseInt(args[9]);
        VectorFile vectors = VectorFile.open(Path.of(args[1], "queries.csr"));
        List<Query> queries =
                queries(vectors, encoding(args[3]), Integer.parseInt(args[6]), Integer.parseInt(args[10]));
        long before = residentFileBytes() + heapBytes();
        try (DirectoryReader reader = DirectoryReader.open(new MMapDirectory(Path.of(args[2])))) {
            IndexSearcher searcher = new IndexSearcher(reader);
            searcher.setQueryCache(null);
            searcher.setSimilarity(Encoding.product());
            LuceneSearch run = new LuceneSearch(searcher, queries, k);
            run.rounds(warmUp);
            long memory = residentFileBytes() + heapBytes() - before;
            write(Path.of(out + ".times"), run.rounds(rounds));
            write(Path.of(out + ".rows"), run.answers(LuceneIndex.rows(reader)));
            System.out.printf(
                    Locale.ROOT,
                    "{\"memoryBytes\": %d, \"threads\": %d, \"queriesPerSecond\": %.1f}%n",
                    memory,
                    threads,
                    run.queriesPerSecond(threads, warmUp, rounds));
        }
    }

    /** Made before the clock runs. Of each query only the heaviest terms are asked for. */
    private static List<Query> queries(VectorFile vectors, Encoding encoding, int most, int heaviest) {
        IndexSearcher.setMaxClauseCount(MOST_TERMS);
        List<Query> queries = new ArrayList<>();
        for (int row = 0; row < Math.min(most, vectors.rows()); row++) {
            BooleanQuery.Builder query = new BooleanQuery.Builder();
            LongStream.range(vectors.offset(row), vectors.offset(row + 1))
                    .boxed()
                    .sorted((a, b) -> Float.compare(vectors.weight(b), vectors.weight(a)))
                    .limit(heaviest)
                    .forEach(i -> query.add(
                            encoding.clause(vectors.term(i), vectors.weight(i)), BooleanClause.Occur.SHOULD));
            queries.add(query.build());
        }
        return queries;
    }

    private long[] rounds(int count) throws IOException {
        long[] times = new long[count * queries.size()];
        for (int i = 0; i < times.length; i++) {
            Query query = queries.get(i % queries.size());
            long begun = System.nanoTime();
            search(query);
            times[i] = System.nanoTime() - begun;
        }
        return times;
    }

    private int[] answers(int[] rows) throws IOException {
        int[] found = new int[queries.size() * k];
        for (int query = 0; query < queries.size(); query++) {
            ScoreDoc[] hits = search(queries.get(query));
            for (int i = 0; i < k; i++) {
                found[query * k + i] = i < hits.length ? rows[hits[i].doc] : -1;
            }
        }
        return found;
    }

    private double queriesPerSecond(int threads, int warmUp, int rounds)
            throws InterruptedException, ExecutionException {
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            atOnce(pool, threads, warmUp);
            long begun = System.nanoTime();
            long searches = atOnce(pool, threads, rounds);
            return searches * 1e9 / (System.nanoTime() - begun);
        }
    }

    private long atOnce(ExecutorService pool, int threads, int rounds)
            throws InterruptedException, ExecutionException {
        AtomicLong next = new AtomicLong();
        long searches = (long) threads * rounds * queries.size();
        List<Future<?>> running = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
            running.add(pool.submit(() -> {
                for (long i = next.getAndIncrement(); i < searches; i = next.getAndIncrement()) {
                    search(queries.get((int) (i % queries.size())));
                }
                return null;
            }));
        }
        for (Future<?> thread : running) {
            thread.get();
        }
        return searches;
    }

    private ScoreDoc[] search(Query query) throws IOException {
        // No hits are counted beyond those wanted, so that blocks are skipped from the start.
        return searcher.search(query, new TopScoreDocCollectorManager(k, 0)).scoreDocs;
    }

    private static Encoding encoding(String name) {
        return Encoding.valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** Pages of mapped files that are in memory for this process. */
    private static long residentFileBytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("RssFile:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new IOException("/proc/self/status has no line RssFile");
    }

    private static long heapBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static void write(Path path, int[] values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        Files.write(path, bytes.array());
    }

    private static void write(Path path, long[] values) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        Files.write(path, bytes.array());
    }
}
