package io.millrace.encoder.batch;

import io.grpc.Status;
import io.millrace.encoder.batch.EncodeJob.Slot;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.vector.SparseVector;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs batches, and halves one that fails until what fails is a single text: that text's request fails, all others get
 * their vectors. One thread.
 */
final class Inference {
    private static final Logger LOG = LoggerFactory.getLogger(Inference.class);

    private final SparseEncoder encoder;
    private final TokenBudget budget;
    private final EncoderMetrics metrics;

    Inference(SparseEncoder encoder, TokenBudget budget, EncoderMetrics metrics) {
        this.encoder = encoder;
        this.budget = budget;
        this.metrics = metrics;
    }

    /** Encodes texts of one role and gives every request its vectors or its failure. Throws nothing. */
    void run(List<Slot> batch, TextRole role) {
        for (Slot slot : batch) {
            slot.job().start(slot);
        }
        Deque<List<Slot>> parts = new ArrayDeque<>(List.of(batch));
        while (!parts.isEmpty()) {
            // A request that failed in one half needs no work in the other.
            List<Slot> part = parts.removeFirst().stream()
                    .filter(slot -> !slot.job().finished())
                    .toList();
            if (part.isEmpty()) {
                continue;
            }
            List<SparseVector> vectors;
            try {
                vectors = encode(part, role);
            } catch (RuntimeException | Error e) { // the thread must outlive whatever an engine throws
                failed(part, e).reversed().forEach(parts::addFirst); // the earlier half goes first
                continue;
            }
            budget.succeeded();
            for (int i = 0; i < part.size(); i++) {
                put(part.get(i), vectors.get(i));
            }
        }
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
