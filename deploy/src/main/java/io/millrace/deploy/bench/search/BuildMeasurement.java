package io.millrace.deploy.bench.search;

import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.batch.ShardBatch;
import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.batch.ShardBatch.Put;
import io.millrace.index.batch.ShardBatch.WriterProgress;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.Stamp;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentView;
import io.millrace.index.shard.SearchState;
import io.millrace.index.shard.ShardBusyException;
import io.millrace.index.shard.ShardSize;
import io.millrace.vector.SparseMatrix;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.IntConsumer;

/**
 * Writes vectors from memory into a shard, as from several callers at once: some batches wait at a time, each is acknowledged
 * when it is synced. Documents have no text, and their row as id.
 *
 * @param batch documents a batch
 * @param inFlight batches that wait at a time
 * @param bulk whether they are a bulk load's
 */
record BuildMeasurement(int batch, int inFlight, boolean bulk) {
    private static final String CLIENT = "bench";
    private static final byte[] NO_SOURCE = {};
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(2);
    private static final long BUSY_PAUSE_MILLIS = 2;

    /**
     * What came out.
     *
     * @param documents in the shard
     * @param nonZeros of all of them
     * @param documentsPerSecond acknowledged, from the first batch to the last acknowledgement
     * @param settleSeconds from there until no flush or merge was under way
     * @param diskBytes of all files then
     * @param diskBytesPerNonZero their share
     * @param memoryBytes off-heap bytes of all segments that a search visits, after reopening
     * @param memoryBytesPerNonZero their share
     * @param segments that a search visits, after reopening
     * @param durableSegments those among them that are on disk as such
     * @param bufferedDocuments documents in the others
     * @param reopenSeconds from files that were just written, and so are in the system's cache
     */
    record Figures(
            long documents,
            long nonZeros,
            double documentsPerSecond,
            double settleSeconds,
            long diskBytes,
            double diskBytesPerNonZero,
            long memoryBytes,
            double memoryBytesPerNonZero,
            int segments,
            int durableSegments,
            long bufferedDocuments,
            double reopenSeconds) {}

    /**
     * Fills the shard, lets it settle, and opens it again.
     *
     * @param progress told how many documents were acknowledged
     * @throws IOException if the shard takes no more
     */
    Figures run(TemporaryShard shard, SparseMatrix documents, IntConsumer progress)
            throws IOException, InterruptedException {
        long begun = System.nanoTime();
        ingest(shard, documents, progress);
        long acknowledged = System.nanoTime();
        shard.settle();
        long settled = System.nanoTime();
        long diskBytes = shard.writer().shard().store().diskBytes();
        long reopenNanos = shard.reopen();
        ShardSize size = shard.writer().shard().size();
        List<Segment> segments = segments(shard);
        long memoryBytes = segments.stream().mapToLong(Segment::memoryBytes).sum();
        double nonZeros = Math.max(1, documents.terms().length);
        return new Figures(
                size.documents(),
                documents.terms().length,
                Rounded.to(1, documents.rows() / seconds(acknowledged - begun)),
                Rounded.to(3, seconds(settled - acknowledged)),
                diskBytes,
                Rounded.to(2, diskBytes / nonZeros),
                memoryBytes,
                Rounded.to(2, memoryBytes / nonZeros),
                segments.size(),
                size.segments(),
                size.bufferedDocuments(),
                Rounded.to(3, seconds(reopenNanos)));
    }

    /** Row of a document that a search found. */
    static int row(ScoredDocument hit) {
        return Integer.parseInt(hit.id().toString());
    }

    private void ingest(TemporaryShard shard, SparseMatrix documents, IntConsumer progress)
            throws IOException, InterruptedException {
        Deque<CompletableFuture<BatchOutcome>> waiting = new ArrayDeque<>();
        int acknowledged = 0;
        for (int from = 0; from < documents.rows(); from += batch) {
            if (waiting.size() == inFlight) {
                acknowledged += await(waiting.removeFirst());
                progress.accept(acknowledged);
            }
            // Made as it is needed, at a small part of the cost of writing it: a second copy of all may not fit.
            waiting.add(submit(shard, batch(documents, from, acknowledged)));
        }
        while (!waiting.isEmpty()) {
            acknowledged += await(waiting.removeFirst());
            progress.accept(acknowledged);
        }
    }

    private ShardBatch batch(SparseMatrix documents, int from, int acknowledged) {
        List<Operation> operations = new ArrayList<>();
        for (int row = from; row < Math.min(documents.rows(), from + batch); row++) {
            Put put = new Put(NO_SOURCE, documents.row(row));
            DocumentId id = DocumentId.of(Integer.toString(row));
            int writer = bulk ? ShardBatch.NO_WRITER : 0;
            operations.add(new Operation(writer, bulk ? 0 : row, new Stamp(row + 1L, 0), id, put));
        }
        List<WriterProgress> writers = bulk ? List.of() : List.of(new WriterProgress(CLIENT, acknowledged));
        return new ShardBatch(writers, operations);
    }

    private static CompletableFuture<BatchOutcome> submit(TemporaryShard shard, ShardBatch next)
            throws IOException, InterruptedException {
        long begun = System.nanoTime();
        while (true) {
            try {
                return shard.writer().submit(next, begun + LONGEST_WAIT.toNanos());
            } catch (ShardBusyException e) {
                // Flushing has fallen behind: a coordinator would wait and try again, too.
                if (System.nanoTime() - begun > LONGEST_WAIT.toNanos()) {
                    throw new IOException(
                            e.getMessage() + "; that has not changed for " + LONGEST_WAIT.toSeconds() + " s", e);
                }
                Thread.sleep(BUSY_PAUSE_MILLIS);
            }
        }
    }

    private static int await(CompletableFuture<BatchOutcome> outcome) {
        try {
            return outcome.join().results().size();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }

    /** For their sizes, which outlive the state. */
    private static List<Segment> segments(TemporaryShard shard) {
        try (SearchState state = shard.writer().shard().state()) {
            return state.view().segments().stream().map(SegmentView::segment).toList();
        }
    }

    private static double seconds(long nanos) {
        return nanos / 1e9;
    }
}
