package io.millrace.encoder.batch;

import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import java.util.Collections;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Most padded tokens of one inference batch. Falls when the engine runs out of memory, and comes back after a long run
 * without. Changed by one thread, read by any.
 */
final class TokenBudget {
    private static final Logger LOG = LoggerFactory.getLogger(TokenBudget.class);

    /** What is used when nothing could be measured: 8 texts of 128 tokens. */
    static final int DEFAULT_TOKENS = 1024;

    private static final int SMALLEST_PROBE = 512;
    private static final int LARGEST_PROBE = 32_768;
    private static final int PROBE_TEXT_TOKENS = 128; // about a passage
    // A larger batch must earn its latency: queries wait for the batch of documents that is running.
    private static final double WORTHWHILE_GAIN = 1.05;
    private static final long PROBE_NANOS = 5_000_000_000L;
    // Long enough that a budget which is truly too large costs well under 1 % in failed attempts.
    private static final int SUCCESSES_BEFORE_GROWTH = 500;

    private final int configured;
    private volatile int current;
    private int successes;

    TokenBudget(int tokens) {
        this.configured = tokens;
        this.current = tokens;
    }

    int current() {
        return current;
    }

    /** A batch of this many padded tokens did not fit into memory. */
    void outOfMemory(int paddedTokens) {
        successes = 0;
        int lower = Math.max(1, Math.min(current, paddedTokens / 2));
        if (lower < current) {
            LOG.warn(
                    "a batch of {} padded tokens ran out of memory: token budget {} -> {}",
                    paddedTokens,
                    current,
                    lower);
            current = lower;
        }
    }

    /** A batch went well. */
    void succeeded() {
        if (current < configured && ++successes >= SUCCESSES_BEFORE_GROWTH) {
            successes = 0;
            current = Math.min(configured, current * 2);
            LOG.info("token budget back up to {}", current);
        }
    }

    /**
     * Finds the smallest budget beyond which doubling gains less than 5 % of tokens a second; warms the model up on the
     * way. Takes about 5 s at most, more only if a single smallest batch does.
     */
    static int measure(SparseEncoder encoder, LongSupplier nanoTime) {
        TextRole role = encoder.needsInference(TextRole.DOCUMENT) ? TextRole.DOCUMENT : TextRole.QUERY;
        int length = Math.max(1, Math.min(PROBE_TEXT_TOKENS, encoder.maxTokens(role)));
        int[] text = probe(encoder, role, length);
        long begun = nanoTime.getAsLong();
        int best = 0;
        double bestRate = 0;
        for (int budget = SMALLEST_PROBE; budget <= LARGEST_PROBE; budget *= 2) {
            List<int[]> batch = Collections.nCopies(Math.max(1, budget / text.length), text);
            double seconds;
            try {
                encoder.encodePieces(batch, role); // the first run of a shape also plans and allocates
                seconds = Math.min(seconds(encoder, batch, role, nanoTime), seconds(encoder, batch, role, nanoTime));
            } catch (RuntimeException | OutOfMemoryError e) {
                LOG.warn("warm-up batch of {} padded tokens failed: {}", budget, e.toString());
                break;
            }
            double rate = batch.size() * text.length / seconds;
            LOG.debug("warm-up: {} padded tokens at {} tokens/s", budget, Math.round(rate));
            if (best > 0 && rate < bestRate * WORTHWHILE_GAIN) {
                break;
            }
            best = budget;
            bestRate = rate;
            // The next size takes at least as long as all before it.
            if (nanoTime.getAsLong() - begun > PROBE_NANOS / 2) {
                break;
            }
        }
        return best == 0 ? DEFAULT_TOKENS : best;
    }

    private static double seconds(SparseEncoder encoder, List<int[]> batch, TextRole role, LongSupplier nanoTime) {
        long begun = nanoTime.getAsLong();
        encoder.encodePieces(batch, role);
        return Math.max(1, nanoTime.getAsLong() - begun) / 1e9;
    }

    private static int[] probe(SparseEncoder encoder, TextRole role, int length) {
        String words = "mill race water wheel stone grain ".repeat(length / 4 + 1);
        String text = words.substring(0, Math.min(words.length(), length * 5));
        return encoder.tokenize(List.of(text), role).getFirst().pieces().getFirst();
    }
}
