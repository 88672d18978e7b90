package io.millrace.model.batch;

import io.millrace.model.contract.Alignment;
import io.millrace.model.contract.Positions;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.SpecialTokenPolicy;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * Lays texts out as the stacks of a reading expect them: as they are, repeated, or shifted right behind a start token.
 *
 * @param reading what to lay out for
 * @param special ids of control tokens
 * @param start token that a decoder of shifted texts reads first
 * @param fill id for padded cells
 */
public record InputLayout(ReadingContract reading, BitSet special, int start, int fill) {

    /** Whether a text has a position that is pooled; one that has none is the empty vector without any model. */
    public boolean counts(int[] text) {
        if (text.length == 0) {
            return false;
        }
        boolean any = reading.positions() != Positions.ALL || reading.mode() == ReadingMode.ENCODER_DECODER_SINGLE;
        return any || Arrays.stream(text).anyMatch(this::counts);
    }

    private boolean counts(int id) {
        return reading.specialTokens() == SpecialTokenPolicy.KEEP || !special.get(id);
    }

    /** Cells that a text of so many tokens takes in the stack that is pooled. */
    public int cells(int tokens) {
        return switch (reading.mode()) {
            case ECHO -> 2 * tokens;
            default -> tokens;
        };
    }

    /**
     * Lays out texts side by side.
     *
     * @param texts token ids; of each, a position must count, see {@link #counts(int[])}
     */
    public ModelInput of(List<int[]> texts) {
        return switch (reading.mode()) {
            case ENCODER, CAUSAL, BIDIRECTIONAL -> ModelInput.of(pooled(texts, plain(texts), 0));
            case ECHO -> ModelInput.of(echo(texts));
            case DECODER -> ModelInput.of(shifted(texts, false));
            case ENCODER_DECODER_MULTI ->
                new ModelInput(shifted(texts, true), Optional.of(plain(texts).build()));
            case ENCODER_DECODER_SINGLE ->
                new ModelInput(single(texts), Optional.of(plain(texts).build()));
        };
    }

    private PaddedBatchBuilder plain(List<int[]> texts) {
        PaddedBatchBuilder cells = PaddedBatchBuilder.of(texts, 0, fill);
        for (int b = 0; b < texts.size(); b++) {
            int[] text = texts.get(b);
            for (int t = 0; t < text.length; t++) {
                cells.put(b, t, text[t]).key(b, t).target(b, t, text[t]);
            }
        }
        return cells;
    }

    /** Marks what is pooled of texts that begin in a column. */
    private PaddedBatch pooled(List<int[]> texts, PaddedBatchBuilder cells, int column) {
        for (int b = 0; b < texts.size(); b++) {
            int[] text = texts.get(b);
            switch (reading.positions()) {
                case FIRST -> cells.count(b, column);
                case LAST -> cells.count(b, column + text.length - 1);
                case ALL -> {
                    for (int t = 0; t < text.length; t++) {
                        if (counts(text[t])) {
                            cells.count(b, column + t);
                        }
                    }
                }
            }
        }
        return cells.build();
    }

    /** The text twice: right behind each other, or, as the reference does, the padded rectangle twice. */
    private PaddedBatch echo(List<int[]> texts) {
        int longest = PaddedBatchBuilder.longest(texts);
        PaddedBatchBuilder cells = PaddedBatchBuilder.of(texts, longest, fill);
        for (int b = 0; b < texts.size(); b++) {
            int[] text = texts.get(b);
            int second = reading.alignment() == Alignment.REFERENCE ? longest : text.length;
            for (int t = 0; t < text.length; t++) {
                cells.put(b, t, text[t]).key(b, t);
                cells.put(b, second + t, text[t]).key(b, second + t).target(b, second + t, text[t]);
                boolean last = reading.positions() == Positions.LAST && t == text.length - 1;
                boolean first = reading.positions() == Positions.FIRST && t == 0;
                if (first || last || (reading.positions() == Positions.ALL && counts(text[t]))) {
                    cells.count(b, second + t);
                }
            }
        }
        return cells.build();
    }

    /**
     * The start token, then the text. The state at position j has read the text's first j tokens; position 0 is not pooled.
     * Its weight, under heads that give one a position, is for the token that comes next.
     *
     * <p>The reference drops the last column of the rectangle, so that the longest texts lose the state that has read
     * everything; the invariant layout is what shorter texts have there.
     *
     * @param whole whether an encoder reads the text too. A decoder alone gets the text's attention mask unshifted, so its
     *     last token can be seen by no position, not even its own (Decoder4LSR).
     */
    private PaddedBatch shifted(List<int[]> texts, boolean whole) {
        boolean reference = reading.alignment() == Alignment.REFERENCE;
        int width = PaddedBatchBuilder.longest(texts) + (reference ? 0 : 1);
        PaddedBatchBuilder cells = new PaddedBatchBuilder(texts.size(), width, fill);
        for (int b = 0; b < texts.size(); b++) {
            int[] text = texts.get(b);
            cells.put(b, 0, start).key(b, 0);
            for (int j = 1; j < Math.min(text.length + 1, width); j++) {
                int read = text[j - 1];
                cells.put(b, j, read);
                if (whole || j < text.length) {
                    cells.key(b, j);
                }
                if (counts(b, j, texts)) {
                    cells.count(b, j);
                }
                if (j < text.length) {
                    cells.target(b, j, text[j]);
                } else if (reference) {
                    // The reference gives the last state's weight to the padding behind the text.
                    cells.target(b, j, fill);
                }
            }
        }
        return cells.build();
    }

    private boolean counts(int text, int position, List<int[]> texts) {
        int[] ids = texts.get(text);
        return switch (reading.positions()) {
            case FIRST -> position == 1;
            case LAST -> position == ids.length;
            case ALL -> counts(ids[position - 1]);
        };
    }

    private PaddedBatch single(List<int[]> texts) {
        PaddedBatchBuilder cells = new PaddedBatchBuilder(texts.size(), 1, start);
        for (int b = 0; b < texts.size(); b++) {
            cells.key(b, 0).count(b, 0);
        }
        return cells.build();
    }
}
