package io.millrace.encoder.batch;

import io.grpc.Status;
import io.millrace.encoder.batch.EncodeJob.Slot;
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

    private final SparseEncoder encoder;
    private final TokenBudget budget;
    private final EncoderMetrics metrics;
    private final Runnable onEnd;
    private final ExecutorService threads;
    private final Queue<Ended> ended = new ConcurrentLinkedQueue<>(); // no more than there is room for
    private final Map<TextRole, Lane> lanes = new EnumMap<>(TextRole.class);

    /** What runs of one role, and what is to run again. */
    private static final class Lane {
        private int room;
        private final Deque<List<Slot>> again = new ArrayDeque<>();

        Lane(int room) {
            this.room = room;
        }
    }

    /** A batch that was run, with its vectors or why there are none. */
    private record Ended(List<Slot> batch, TextRole role, List<SparseVector> vectors, Optional<Throwable> failure) {}

    /**
     * Nothing runs yet.
     *
     * @param documentBatches batches of documents that may run at once; of queries it is one, as those that come
     *     meanwhile share the next
     * @param onEnd called when a batch has ended, on one of the inference's threads
     */
    Inference(SparseEncoder encoder, TokenBudget budget, int documentBatches, EncoderMetrics metrics, Runnable onEnd) {
        this.encoder = encoder;
        this.budget = budget;
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
    List<Slot> again(TextRole role) {
        Deque<List<Slot>> parts = lane(role).again;
        while (!parts.isEmpty()) {
            // A request that failed in one half needs no work in the other.
            List<Slot> part = parts.removeFirst().stream()
                    .filter(slot -> !slot.job().finished())
                    .toList();
            if (!part.isEmpty()) {
                return part;
            }
        }
        return List.of();
    }

    /** Has texts of one role encoded; there must be room. */
    void start(List<Slot> batch, TextRole role) {
        lane(role).room--;
        threads.execute(() -> {
            ended.add(run(batch, role));
            onEnd.run();
        });
    }

    private Ended run(List<Slot> batch, TextRole role) {
        try {
            return new Ended(batch, role, encode(batch, role), Optional.empty());
        } catch (RuntimeException | Error e) { // the worker must outlive whatever an engine throws
            return new Ended(batch, role, List.of(), Optional.of(e));
        }
    }

    /** Gives requests the vectors, or the failure, of the batches that have ended. */
    void handOut() {
        for (Ended batch = ended.poll(); batch != null; batch = ended.poll()) {
            handOut(batch);
        }
    }

    private void handOut(Ended done) {
        Lane lane = lane(done.role());
        lane.room++;
        if (done.failure().isPresent()) {
            // The earlier half goes first.
            failed(done.batch(), done.failure().get()).reversed().forEach(lane.again::addFirst);
            return;
        }
        budget.succeeded();
        for (int i = 0; i < done.batch().size(); i++) {
            put(done.batch().get(i), done.vectors().get(i));
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
            slot.job().put(slot, vector, encoder);
        } catch (RuntimeException | Error e) { // pieces that cannot be joined are no reason to end the thread
            metrics.inferenceFailed();
            failAlone(slot, e);
        }
    }

    /** What to try in place of a part that failed. */
    private List<List<Slot>> failed(List<Slot> part, Throwable cause) {
        metrics.inferenceFailed();
        if (outOfMemory(cause)) {
            budget.outOfMemory(paddedTokens(part));
        }
        if (part.size() == 1) {
            failAlone(part.getFirst(), cause);
            return List.of();
        }
        LOG.warn("inference of {} texts failed, trying halves: {}", part.size(), cause.toString());
        int half = part.size() / 2;
        return List.of(part.subList(0, half), part.subList(half, part.size()));
    }

    private List<SparseVector> encode(List<Slot> part, TextRole role) {
        List<int[]> pieces = part.stream().map(Slot::ids).toList();
        long begun = System.nanoTime();
        List<SparseVector> vectors = encoder.encodePieces(pieces, role);
        double seconds = (System.nanoTime() - begun) / 1e9;
        if (vectors.size() != pieces.size()) {
            throw new IllegalStateException(
                    "model " + encoder.name() + " gave " + vectors.size() + " vectors for " + pieces.size() + " texts");
        }
        int texts = (int) part.stream().filter(slot -> slot.piece() == 0).count();
        int tokens = part.stream().mapToInt(Slot::tokens).sum();
        metrics.inferred(role, new EncoderMetrics.Shape(texts, part.size(), tokens, paddedTokens(part)), seconds);
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
