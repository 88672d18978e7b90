package io.millrace.model.contract;

/**
 * How a backbone reads a text.
 *
 * @param mode parts of the transformer
 * @param alignment layout of shifted and repeated texts
 * @param positions that are pooled
 * @param specialTokens whether control tokens count in pooling
 */
public record ReadingContract(
        ReadingMode mode, Alignment alignment, Positions positions, SpecialTokenPolicy specialTokens) {
    /** All positions under a policy, in the layout that does not depend on the batch. */
    public static ReadingContract of(ReadingMode mode, SpecialTokenPolicy specialTokens) {
        return new ReadingContract(mode, Alignment.INVARIANT, Positions.ALL, specialTokens);
    }

    /** The same in another layout. */
    public ReadingContract withAlignment(Alignment other) {
        return new ReadingContract(mode, other, positions, specialTokens);
    }
}
