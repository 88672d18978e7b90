package io.millrace.model.learning;

import io.millrace.model.backbone.LearnedBackbone;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.contract.Alignment;
import io.millrace.model.contract.Positions;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.head.learned.LearnedMlmHead;
import java.util.BitSet;

/**
 * A decoder as the language model that it was before.
 *
 * @param backbone reading causally
 * @param head with its projection to the vocabulary
 * @param maxTokens longest sequence
 */
record LanguagePart(LearnedBackbone backbone, LearnedMlmHead head, int maxTokens) {
    /** Every position is looked at, and sees what is before it. */
    static InputLayout layout() {
        ReadingContract reading =
                new ReadingContract(ReadingMode.CAUSAL, Alignment.INVARIANT, Positions.ALL, SpecialTokenPolicy.KEEP);
        return new InputLayout(reading, new BitSet(), 0, 0);
    }
}
