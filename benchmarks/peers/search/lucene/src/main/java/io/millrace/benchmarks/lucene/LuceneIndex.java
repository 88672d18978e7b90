package io.millrace.benchmarks.lucene;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.misc.index.BPIndexReorderer;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.MMapDirectory;

/** An index of one segment. */
final class LuceneIndex {
    private static final String ROW = "row";
    private static final double BUFFER_MIB = 512;

    private LuceneIndex() {}

    /**
     * Builds one.
     *
     * @param reorder whether documents are put in an order in which like ones are neighbours (recursive graph bisection)
     */
    static void build(Path vectors, Path folder, Encoding encoding, boolean reorder, int threads)
            throws IOException, InterruptedException, ExecutionException {
        Path first = reorder ? folder.resolveSibling(folder.getFileName() + ".unordered") : folder;
        try (Directory directory = new MMapDirectory(first)) {
            try (IndexWriter writer = new IndexWriter(directory, config())) {
                add(writer, VectorFile.open(vectors), encoding, threads);
                writer.forceMerge(1);
            }
            if (reorder) {
                reorder(directory, folder, threads);
                for (String file : directory.listAll()) {
                    directory.deleteFile(file);
                }
            }
        }
    }

    /** Row of each document, in Lucene's order. */
    static int[] rows(DirectoryReader reader) throws IOException {
        NumericDocValues values = reader.leaves().getFirst().reader().getNumericDocValues(ROW);
        int[] rows = new int[reader.maxDoc()];
        for (int document = 0; document < rows.length; document++) {
            values.advanceExact(document);
            rows[document] = Math.toIntExact(values.longValue());
        }
        return rows;
    }

    private static void add(IndexWriter writer, VectorFile vectors, Encoding encoding, int threads)
            throws InterruptedException, ExecutionException {
        float largest = vectors.largestWeight();
        AtomicInteger next = new AtomicInteger();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                running.add(pool.submit(() -> {
                    for (int row = next.getAndIncrement(); row < vectors.rows(); row = next.getAndIncrement()) {
                        Document document = new Document();
                        encoding.add(document, vectors, row, largest);
                        document.add(new NumericDocValuesField(ROW, row));
                        writer.addDocument(document);
                    }
                    return null;
                }));
            }
            for (Future<?> thread : running) {
                thread.get();
            }
        }
    }

    private static void reorder(Directory from, Path folder, int threads) throws IOException {
        BPIndexReorderer reorderer = new BPIndexReorderer();
        reorderer.setFields(Set.of(Encoding.FIELD));
        // Far from what a million documents need: they are not to be refused.
        reorderer.setRAMBudgetMB(Runtime.getRuntime().maxMemory() / 4.0 / (1 << 20));
        try (DirectoryReader reader = DirectoryReader.open(from);
                Directory to = new MMapDirectory(folder);
                IndexWriter writer = new IndexWriter(to, config());
                ForkJoinPool pool = new ForkJoinPool(threads)) {
            CodecReader segment = (CodecReader) reader.leaves().getFirst().reader();
            writer.addIndexes(reorderer.reorder(segment, to, pool));
            writer.forceMerge(1);
        }
    }

    private static IndexWriterConfig config() {
        return new IndexWriterConfig().setRAMBufferSizeMB(BUFFER_MIB).setUseCompoundFile(false);
    }
}
