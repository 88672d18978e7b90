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
     * Lays out texts, one after the other.
     *
     * @param texts token ids; of each, a position must count, see {@link #counts(int[])}
     */
    public ModelInput of(List<int[]> texts) {
        return switch (reading.mode()) {
            case ENCODER, CAUSAL, BIDIRECTIONAL -> ModelInput.of(plain(texts));
            case ECHO -> ModelInput.of(echo(texts));
            case DECODER -> ModelInput.of(shifted(texts, false));
            case ENCODER_DECODER_MULTI -> new ModelInput(shifted(texts, true), Optional.of(plain(texts)));
            case ENCODER_DECODER_SINGLE -> new ModelInput(single(texts), Optional.of(plain(texts)));
        };
    }

    private TokenBatch plain(List<int[]> texts) {
        TokenBatchBuilder cells = new TokenBatchBuilder();
        for (int[] text : texts) {
            cells.text();
            copy(text, cells);
        }
        return cells.build();
    }

    /** The text as it is, pooled where it counts. */
    private void copy(int[] text, TokenBatchBuilder cells) {
        for (int t = 0; t < text.length; t++) {
            cells.cell(text[t]).target(text[t]).counted(pooled(text, t));
        }
    }

    private boolean pooled(int[] text, int position) {
        return switch (reading.positions()) {
            case FIRST -> position == 0;
            case LAST -> position == text.length - 1;
            case ALL -> counts(text[position]);
        };
    }

    /** The text twice: right behind each other, or, as the reference does, each copy padded to the longest text. */
    private TokenBatch echo(List<int[]> texts) {
        int padding = reading.alignment() == Alignment.REFERENCE ? longest(texts) : 0;
        TokenBatchBuilder cells = new TokenBatchBuilder();
        for (int[] text : texts) {
            cells.text();
            for (int id : text) {
                cells.cell(id);
            }
            for (int t = text.length; t < padding; t++) {
                cells.cell(fill).unseen();
            }
            copy(text, cells);
            for (int t = text.length; t < padding; t++) {
                cells.cell(fill).unseen();
            }
        }
        return cells.build();
    }

    /** Texts that a decoder has written so far, each beginning with its start token; their last states are read. */
    public static TokenBatch written(List<int[]> texts) {
        TokenBatchBuilder cells = new TokenBatchBuilder();
        for (int[] text : texts) {
            cells.text();
            for (int t = 0; t < text.length; t++) {
                cells.cell(text[t]).counted(t == text.length - 1);
            }
        }
        return cells.build();
    }

    private static int longest(List<int[]> texts) {
        return texts.stream().mapToInt(text -> text.length).max().orElse(0);
    }

    /**
     * The start token, then the text. The state at position j has read the text's first j tokens; position 0 is not pooled.
     * Its weight, under heads that give one a position, is for the token that comes next.
     *
     * <p>The reference drops the last column of a padded rectangle, so that the longest texts lose the state that has read
     * everything; the invariant layout is what shorter texts have there.
     *
     * @param whole whether an encoder reads the text too. A decoder alone gets the text's attention mask unshifted, so its
     *     last token can be seen by no position, not even its own (Decoder4LSR).
     */
    private TokenBatch shifted(List<int[]> texts, boolean whole) {
        boolean reference = reading.alignment() == Alignment.REFERENCE;
        int width = longest(texts);
        TokenBatchBuilder cells = new TokenBatchBuilder();
        for (int[] text : texts) {
            cells.text().cell(start);
            int last = reference ? Math.min(text.length, width - 1) : text.length;
            for (int j = 1; j <= last; j++) {
                cells.cell(text[j - 1]).counted(pooledShifted(text, j));
                if (!whole && j == text.length) {
                    cells.unseen();
                }
                if (j < text.length) {
                    cells.target(text[j]);
                } else if (reference) {
                    // The reference gives the last state's weight to the padding behind the text.
                    cells.target(fill);
                }
            }
        }
        return cells.build();
    }

    private boolean pooledShifted(int[] text, int position) {
        return switch (reading.positions()) {
            case FIRST -> position == 1;
            case LAST -> position == text.length;
            case ALL -> counts(text[position - 1]);
        };
    }

    private TokenBatch single(List<int[]> texts) {
        TokenBatchBuilder cells = new TokenBatchBuilder();
        texts.forEach(text -> cells.text().cell(start).counted(true));
        return cells.build();
    }
}
