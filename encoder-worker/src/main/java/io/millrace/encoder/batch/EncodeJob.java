package io.millrace.encoder.batch;

import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request on its way through the queue: its tokenised texts, and its vectors as they come.
 *
 * <p>Its texts, and the pieces of a long one, may be spread over several inference batches and share them with other
 * requests; a text's pieces are joined as soon as the last of them is there, and the vectors are put back in the order of the
 * texts. After {@link BatchQueue#submit} only the queue's thread touches it.
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

    private final SparseEncoder encoder;
    private final TextRole role;
    private final List<TokenizedText> texts;
    private final long latestStartNanos;
    private final Caller caller;
    private final SparseVector[] vectors;
    private final Map<Integer, PieceVectors> partial = new HashMap<>(); // by text, of those in several pieces
    private int plannedTexts; // texts all of whose pieces a window has taken, from the first on
    private int plannedPieces; // pieces of the next text that it has taken
    private int unfinished; // texts without a vector
    private long waitingTokens; // tokens of pieces that no inference has been started for
    private boolean started;
    private boolean finished;

    /** Vectors of a text's pieces, as they come. */
    private static final class PieceVectors {
        private final List<SparseVector> vectors;
        private int missing;

        PieceVectors(int pieces) {
            this.vectors = new ArrayList<>(Collections.nCopies(pieces, SparseVector.EMPTY));
            this.missing = pieces;
        }
    }

    /**
     * A request.
     *
     * @param encoder that tokenised the texts; one that the queue was given
     * @param texts at least one
     * @param latestStartNanos on {@link System#nanoTime}'s clock; a request none of whose texts has been started by
     *     then is dropped
     */
    public EncodeJob(
            SparseEncoder encoder, TextRole role, List<TokenizedText> texts, long latestStartNanos, Caller caller) {
        if (texts.isEmpty()) {
            throw new IllegalArgumentException("a request has no texts; send at least one");
        }
        this.encoder = encoder;
        this.role = role;
        this.texts = texts;
        this.latestStartNanos = latestStartNanos;
        this.caller = caller;
        this.vectors = new SparseVector[texts.size()];
        Arrays.fill(vectors, SparseVector.EMPTY);
        this.unfinished = texts.size();
        this.waitingTokens = texts.stream().mapToLong(TokenizedText::tokens).sum();
    }

    /**
     * One piece of one text of a request.
     *
     * @param index of the text
     * @param piece of the text, from 0
     * @param ids its tokens
     */
    record Slot(EncodeJob job, int index, int piece, int[] ids) {
        int tokens() {
            return ids.length;
        }
    }

    SparseEncoder encoder() {
        return encoder;
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
        return plannedTexts < texts.size();
    }

    Slot plan() {
        List<int[]> pieces = texts.get(plannedTexts).pieces();
        Slot slot = new Slot(this, plannedTexts, plannedPieces, pieces.get(plannedPieces));
        plannedPieces++;
        if (plannedPieces == pieces.size()) {
            plannedTexts++;
            plannedPieces = 0;
        }
        return slot;
    }

    void start(Slot slot) {
        started = true;
        waitingTokens -= slot.tokens();
    }

    /** Takes a piece's vector; with the last piece of a text, its vectors are joined. */
    void put(Slot slot, SparseVector vector) {
        if (finished) {
            return;
        }
        TokenizedText text = texts.get(slot.index());
        int count = text.pieces().size();
        List<SparseVector> pieces = List.of(vector);
        if (count > 1) {
            PieceVectors partly = partial.computeIfAbsent(slot.index(), index -> new PieceVectors(count));
            partly.vectors.set(slot.piece(), vector);
            if (--partly.missing > 0) {
                return;
            }
            partial.remove(slot.index());
            pieces = partly.vectors;
        }
        vectors[slot.index()] = encoder.join(text, pieces, role);
        if (--unfinished == 0) {
            finished = true;
            call(() -> caller.encoded(List.of(vectors)));
        }
    }

    void fail(Failure failure) {
        if (!finished) {
            finished = true;
            waitingTokens = 0;
            partial.clear();
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
