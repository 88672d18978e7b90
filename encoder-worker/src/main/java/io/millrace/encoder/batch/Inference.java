package io.millrace.encoder.batch;

import io.grpc.Status;
import io.millrace.encoder.batch.EncodeJob.Slot;
import io.millrace.encoder.batch.ModelQueue.Batch;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.vector.SparseVector;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs batches on threads of its own, and halves one that fails until what fails is a single text: that text's request
 * fails, all others get their vectors.
 *
 * <p>Its methods are for the thread that owns the requests; its own threads only compute.
 */
final class Inference implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Inference.class);

    private final EncoderMetrics metrics;
    private final Runnable onEnd;
    private final ExecutorService threads;
    private final Queue<Ended> ended = new ConcurrentLinkedQueue<>(); // no more than there is room for
    private final Map<TextRole, Lane> lanes = new EnumMap<>(TextRole.class);

    /** What runs of one role, and what is to run again. */
    private static final class Lane {
        private int room;
        private final Deque<Batch> again = new ArrayDeque<>();

        Lane(int room) {
            this.room = room;
        }
    }

    /** A batch that was run, with its vectors or why there are none. */
    private record Ended(Batch batch, List<SparseVector> vectors, Optional<Throwable> failure) {}

    /**
     * Nothing runs yet.
     *
     * @param documentBatches batches of documents that may run at once, of all models together; of queries it is one, as those
     *     that come meanwhile share the next
     * @param onEnd called when a batch has ended, on one of the inference's threads
     */
    Inference(int documentBatches, EncoderMetrics metrics, Runnable onEnd) {
        this.metrics = metrics;
        this.onEnd = onEnd;
        lanes.put(TextRole.QUERY, new Lane(1));
        lanes.put(TextRole.DOCUMENT, new Lane(documentBatches));
        this.threads = Executors.newFixedThreadPool(
                1 + documentBatches,
                Thread.ofPlatform().name("millrace-inference-", 0).daemon().factory());
    }

    /** Whether another batch of a role may be started. */
    boolean hasRoom(TextRole role) {
        return lane(role).room > 0;
    }

    /** Part of a batch that failed, to be started before any other batch; empty if there is none. */
    Optional<Batch> again(TextRole role) {
        Deque<Batch> parts = lane(role).again;
        while (!parts.isEmpty()) {
            Batch part = parts.removeFirst();
            // A request that failed in one half needs no work in the other.
            Batch left = part.with(
                    part.slots().stream().filter(slot -> !slot.job().finished()).toList());
            if (!left.isEmpty()) {
                return Optional.of(left);
            }
        }
        return Optional.empty();
    }

    /** Has texts encoded; there must be room. */
    void start(Batch batch) {
        lane(batch.role()).room--;
        threads.execute(() -> {
            ended.add(run(batch));
            onEnd.run();
        });
    }

    private Ended run(Batch batch) {
        try {
            return new Ended(batch, encode(batch), Optional.empty());
        } catch (RuntimeException | Error e) { // the worker must outlive whatever an engine throws
            return new Ended(batch, List.of(), Optional.of(e));
        }
    }

    /** Gives requests the vectors, or the failure, of the batches that have ended. */
    void handOut() {
        for (Ended batch = ended.poll(); batch != null; batch = ended.poll()) {
            handOut(batch);
        }
    }

    private void handOut(Ended done) {
        Lane lane = lane(done.batch().role());
        lane.room++;
        if (done.failure().isPresent()) {
            // The earlier half goes first.
            failed(done.batch(), done.failure().get()).reversed().forEach(lane.again::addFirst);
            return;
        }
        done.batch().queue().budget().succeeded();
        List<Slot> slots = done.batch().slots();
        for (int i = 0; i < slots.size(); i++) {
            put(slots.get(i), done.vectors().get(i));
        }
    }

    /** Waits for what runs and hands it out; after that nothing can be started. Idempotent. */
    void finish() {
        threads.close();
        handOut();
    }

    /** Waits for what runs. Idempotent. */
    @Override
    public void close() {
        threads.close();
    }

    private Lane lane(TextRole role) {
        return Objects.requireNonNull(lanes.get(role), "every role has a lane");
    }

    private void put(Slot slot, SparseVector vector) {
        try {
            slot.job().put(slot, vector);
        } catch (RuntimeException | Error e) { // pieces that cannot be joined are no reason to end the thread
            metrics.inferenceFailed();
            failAlone(slot, e);
        }
    }

    /** What to try in place of a part that failed. */
    private List<Batch> failed(Batch batch, Throwable cause) {
        metrics.inferenceFailed();
        List<Slot> part = batch.slots();
        if (outOfMemory(cause)) {
            batch.queue().budget().outOfMemory(paddedTokens(part));
        }
        if (part.size() == 1) {
            failAlone(part.getFirst(), cause);
            return List.of();
        }
        LOG.warn("inference of {} texts failed, trying halves: {}", part.size(), cause.toString());
        int half = part.size() / 2;
        return List.of(batch.with(part.subList(0, half)), batch.with(part.subList(half, part.size())));
    }

    private List<SparseVector> encode(Batch batch) {
        SparseEncoder encoder = batch.queue().encoder();
        List<Slot> part = batch.slots();
        List<int[]> pieces = part.stream().map(Slot::ids).toList();
        long begun = System.nanoTime();
        List<SparseVector> vectors = encoder.encodePieces(pieces, batch.role());
        double seconds = (System.nanoTime() - begun) / 1e9;
        if (vectors.size() != pieces.size()) {
            throw new IllegalStateException(
                    "model " + encoder.name() + " gave " + vectors.size() + " vectors for " + pieces.size() + " texts");
        }
        int texts = (int) part.stream().filter(slot -> slot.piece() == 0).count();
        int tokens = part.stream().mapToInt(Slot::tokens).sum();
        metrics.inferred(
                batch.role(), new EncoderMetrics.Shape(texts, part.size(), tokens, paddedTokens(part)), seconds);
        return vectors;
    }

    private static void failAlone(Slot slot, Throwable cause) {
        LOG.error("a text of {} tokens cannot be encoded", slot.tokens(), cause);
        String text = "texts[" + slot.index() + "]";
        String seen = text + " (" + slot.tokens() + " tokens) cannot be encoded even alone: " + cause;
        slot.job()
                .fail(
                        outOfMemory(cause)
                                ? new Failure(
                                        Status.Code.RESOURCE_EXHAUSTED,
                                        seen + "; try again later, or give the worker more memory",
                                        text)
                                : new Failure(Status.Code.INTERNAL, seen + "; leave it out and report the text", text));
    }

    private static int paddedTokens(List<Slot> part) {
        int longest = part.stream().mapToInt(Slot::tokens).max().orElse(0);
        return Math.multiplyExact(longest, part.size());
    }

    // Engines report their own memory as ordinary exceptions: "CUDA out of memory", "can't allocate memory".
    private static boolean outOfMemory(Throwable e) {
        String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        return e instanceof OutOfMemoryError
                || message.contains("out of memory")
                || message.contains("allocate memory")
                || message.contains("not enough memory");
    }
}
