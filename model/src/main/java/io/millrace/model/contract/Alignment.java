package io.millrace.model.contract;

/**
 * What a text is laid out like where the published code lets the rest of its batch decide. Matters to the readings that
 * shift or repeat texts; the others have one layout.
 */
public enum Alignment {
    /**
     * Every text as if the batch were longer than it: a shifted text keeps its last token, a repeated one follows itself
     * without a gap. Vectors do not depend on the batch.
     */
    INVARIANT,
    /**
     * As the reference code does: the longest texts of a batch lose their last token in the shift, and padding is repeated
     * with the text. For comparing with its numbers only, because vectors depend on the batch.
     */
    REFERENCE
}
