package io.millrace.encoder.batch;

import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.vector.SparseVector;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request on its way through the queue: its tokenised texts, and its vectors as they come.
 *
 * <p>Its texts may be spread over several inference batches and share them with other requests; the vectors are put
 * back in the order of the texts. After {@link BatchQueue#submit} only the queue's thread touches it.
 */
public final class EncodeJob {
    /** Who waits for the vectors. Called by the queue's thread, exactly once: hand long work to another thread. */
    public interface Caller {
        /** Whether nobody waits any more, so that the work can be dropped. Any thread. */
        boolean gone();

        /** Takes one vector for each text, in order. */
        void encoded(List<SparseVector> vectors);

        /** Takes the reason why there are none. */
        void failed(Failure failure);
    }

    private static final Logger LOG = LoggerFactory.getLogger(EncodeJob.class);

    private final TextRole role;
    private final List<TokenizedText> texts;
    private final long latestStartNanos;
    private final Caller caller;
    private final SparseVector[] vectors;
    private int planned; // texts that a window has taken, from the first on
    private int unfinished; // texts without a vector
    private long waitingTokens; // tokens of texts that no inference has been started for
    private boolean started;
    private boolean finished;

    /**
     * A request.
     *
     * @param texts at least one
     * @param latestStartNanos on {@link System#nanoTime}'s clock; a request none of whose texts has been started by
     *     then is dropped
     */
    public EncodeJob(TextRole role, List<TokenizedText> texts, long latestStartNanos, Caller caller) {
        if (texts.isEmpty()) {
            throw new IllegalArgumentException("a request has no texts; send at least one");
        }
        this.role = role;
        this.texts = texts;
        this.latestStartNanos = latestStartNanos;
        this.caller = caller;
        this.vectors = new SparseVector[texts.size()];
        Arrays.fill(vectors, SparseVector.EMPTY);
        this.unfinished = texts.size();
        this.waitingTokens = texts.stream().mapToLong(text -> text.ids().length).sum();
    }

    /** One text of a request. */
    record Slot(EncodeJob job, int index, TokenizedText text) {
        int tokens() {
            return text.ids().length;
        }
    }

    TextRole role() {
        return role;
    }

    long waitingTokens() {
        return waitingTokens;
    }

    boolean finished() {
        return finished;
    }

    boolean callerGone() {
        return caller.gone();
    }

    boolean late(long nowNanos) {
        return !started && nowNanos - latestStartNanos > 0;
    }

    boolean hasUnplanned() {
        return planned < texts.size();
    }

    Slot plan() {
        Slot slot = new Slot(this, planned, texts.get(planned));
        planned++;
        return slot;
    }

    void start(Slot slot) {
        started = true;
        waitingTokens -= slot.tokens();
    }

    void put(Slot slot, SparseVector vector) {
        vectors[slot.index()] = vector;
        if (--unfinished == 0 && !finished) {
            finished = true;
            call(() -> caller.encoded(List.of(vectors)));
        }
    }

    void fail(Failure failure) {
        if (!finished) {
            finished = true;
            waitingTokens = 0;
            call(() -> caller.failed(failure));
        }
    }

    // A caller's defect must not reach the requests that share its batch.
    private static void call(Runnable callback) {
        try {
            callback.run();
        } catch (RuntimeException e) {
            LOG.error("a caller did not take its result", e);
        }
    }
}
