package io.millrace.model.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.contract.Alignment;
import io.millrace.model.contract.Positions;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.SpecialTokenPolicy;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class InputLayoutTest {
    private static final int START = 90;
    private static final int FILL = 91;
    private static final int NONE = TokenBatch.NO_TARGET;

    /** Token 1 is a control token. */
    private static final List<int[]> TEXTS = List.of(new int[] {1, 7, 8, 1}, new int[] {5, 6});

    private static InputLayout layout(ReadingMode mode, Alignment alignment, Positions positions) {
        BitSet special = new BitSet();
        special.set(1);
        return new InputLayout(
                new ReadingContract(mode, alignment, positions, SpecialTokenPolicy.MASK), special, START, FILL);
    }

    private static ModelInput of(ReadingMode mode, Alignment alignment) {
        return layout(mode, alignment, Positions.ALL).of(TEXTS);
    }

    @Test
    void anEncoderReadsTextsAsTheyAre() {
        TokenBatch batch = of(ReadingMode.ENCODER, Alignment.INVARIANT).reader();
        assertThat(batch.ids()).containsExactly(1, 7, 8, 1, 5, 6);
        assertThat(batch.lengths()).containsExactly(4, 2);
        assertThat(batch.positions()).containsExactly(0, 1, 2, 3, 0, 1);
        assertThat(batch.owners()).containsExactly(0, 0, 0, 0, 1, 1);
        assertThat(batch.allKeys()).isTrue();
        assertThat(batch.countingMask()).containsExactly(0, 1, 1, 0, 1, 1);
        assertThat(batch.targets()).containsExactly(1, 7, 8, 1, 5, 6);
        // Cells that do not count, and those that the shorter text lacks, read the text's first that does.
        assertThat(batch.countingRows()).containsExactly(1, 1, 2, 1, 4, 5, 4, 4);
    }

    @Test
    void theFirstOrLastPositionCountsWhateverItHolds() {
        TokenBatch first = layout(ReadingMode.CAUSAL, Alignment.INVARIANT, Positions.FIRST)
                .of(TEXTS)
                .reader();
        assertThat(first.countingMask()).containsExactly(1, 0, 0, 0, 1, 0);
        TokenBatch last = layout(ReadingMode.CAUSAL, Alignment.INVARIANT, Positions.LAST)
                .of(TEXTS)
                .reader();
        assertThat(last.countingMask()).containsExactly(0, 0, 0, 1, 0, 1);
    }

    @Test
    void anEchoFollowsItsTextWithoutAGap() {
        TokenBatch batch = of(ReadingMode.ECHO, Alignment.INVARIANT).reader();
        assertThat(batch.ids()).containsExactly(1, 7, 8, 1, 1, 7, 8, 1, 5, 6, 5, 6);
        assertThat(batch.countingMask()).containsExactly(0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1);
        assertThat(batch.targets()).containsExactly(NONE, NONE, NONE, NONE, 1, 7, 8, 1, NONE, NONE, 5, 6);
        assertThat(batch.allKeys()).isTrue();
    }

    @Test
    void theReferencesEchoRepeatsThePadding() {
        TokenBatch batch = of(ReadingMode.ECHO, Alignment.REFERENCE).reader();
        assertThat(batch.lengths()).containsExactly(8, 8);
        assertThat(batch.ids()).containsExactly(1, 7, 8, 1, 1, 7, 8, 1, 5, 6, FILL, FILL, 5, 6, FILL, FILL);
        assertThat(batch.keyMask()).containsExactly(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0);
    }

    @Test
    void aShiftedTextKeepsItsLastToken() {
        ModelInput input = of(ReadingMode.ENCODER_DECODER_MULTI, Alignment.INVARIANT);
        assertThat(input.encoder().orElseThrow().ids()).containsExactly(1, 7, 8, 1, 5, 6);
        TokenBatch batch = input.reader();
        assertThat(batch.ids()).containsExactly(START, 1, 7, 8, 1, START, 5, 6);
        assertThat(batch.countingMask()).containsExactly(0, 0, 1, 1, 0, 0, 1, 1);
        assertThat(batch.targets()).containsExactly(NONE, 7, 8, 1, NONE, NONE, 6, NONE);
        assertThat(batch.allKeys()).isTrue();
    }

    @Test
    void theReferencesShiftDropsTheLastTokenOfTheLongestText() {
        TokenBatch batch =
                of(ReadingMode.ENCODER_DECODER_MULTI, Alignment.REFERENCE).reader();
        assertThat(batch.ids()).containsExactly(START, 1, 7, 8, START, 5, 6);
        assertThat(batch.targets()).containsExactly(NONE, 7, 8, 1, NONE, 6, FILL);
    }

    @Test
    void aDecoderAloneNeverSeesTheLastToken() {
        TokenBatch batch = of(ReadingMode.DECODER, Alignment.INVARIANT).reader();
        assertThat(batch.ids()).containsExactly(START, 1, 7, 8, 1, START, 5, 6);
        assertThat(batch.keyMask()).containsExactly(1, 1, 1, 1, 0, 1, 1, 0);
    }

    @Test
    void aSingleStepReadsTheStartTokenOnly() {
        ModelInput input = of(ReadingMode.ENCODER_DECODER_SINGLE, Alignment.INVARIANT);
        assertThat(input.reader().ids()).containsExactly(START, START);
        assertThat(input.reader().countingMask()).containsExactly(1, 1);
        assertThat(input.groups()).containsExactly(1, 1, 4, 1, 1, 2);
    }

    @Test
    void consecutiveTextsOfOneLengthAreAGroup() {
        InputLayout layout = layout(ReadingMode.ENCODER, Alignment.INVARIANT, Positions.ALL);
        ModelInput input =
                layout.of(List.of(new int[] {5, 6, 7}, new int[] {6, 7, 8}, new int[] {5}, new int[] {5, 6, 7}));
        assertThat(input.groups()).containsExactly(2, 3, 0, 1, 1, 0, 1, 3, 0);
    }

    @Test
    void refusesATextOfWhichNothingCounts() {
        InputLayout layout = layout(ReadingMode.ENCODER, Alignment.INVARIANT, Positions.ALL);
        int[] text = {1, 1};
        assertThat(layout.counts(text)).isFalse();
        assertThat(layout.counts(new int[0])).isFalse();
        assertThatThrownBy(() -> layout.of(List.of(TEXTS.get(1), text)).reader().countingRows())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("text 1")
                .hasMessageContaining("no position that counts");
    }
}
