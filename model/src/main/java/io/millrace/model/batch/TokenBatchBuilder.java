package io.millrace.model.batch;

import java.util.Arrays;
import java.util.BitSet;

/** Lays out cells, text by text. */
final class TokenBatchBuilder {
    private int[] lengths = new int[16];
    private int[] ids = new int[256];
    private int[] targets = new int[256];
    private final BitSet keys = new BitSet();
    private final BitSet counts = new BitSet();
    private final BitSet seconds = new BitSet();
    private int texts;
    private int cells;

    /** Begins a text. */
    TokenBatchBuilder text() {
        if (texts == lengths.length) {
            lengths = Arrays.copyOf(lengths, 2 * texts);
        }
        lengths[texts++] = 0;
        return this;
    }

    /** A further cell of the text, which attention may look at, and which is for no token and is not pooled. */
    TokenBatchBuilder cell(int id) {
        if (cells == ids.length) {
            ids = Arrays.copyOf(ids, 2 * cells);
            targets = Arrays.copyOf(targets, 2 * cells);
        }
        keys.set(cells);
        targets[cells] = TokenBatch.NO_TARGET;
        ids[cells++] = id;
        lengths[texts - 1]++;
        return this;
    }

    /** The last cell is out of attention's sight. */
    TokenBatchBuilder unseen() {
        keys.clear(cells - 1);
        return this;
    }

    /** The last cell is pooled, if so. */
    TokenBatchBuilder counted(boolean counts) {
        this.counts.set(cells - 1, counts);
        return this;
    }

    /** The last cell's weight is for a token. */
    TokenBatchBuilder target(int token) {
        targets[cells - 1] = token;
        return this;
    }

    /** The last cell is of the second text of a pair, if so. */
    TokenBatchBuilder second(boolean second) {
        seconds.set(cells - 1, second);
        return this;
    }

    TokenBatch build() {
        return new TokenBatch(
                Arrays.copyOf(lengths, texts),
                Arrays.copyOf(ids, cells),
                keys,
                counts,
                Arrays.copyOf(targets, cells),
                seconds);
    }
}
