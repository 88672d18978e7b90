package io.millrace.model.batch;

import java.util.Optional;

/**
 * What the stacks of a model read.
 *
 * @param reader of the stack whose states are pooled
 * @param encoder of the stack that the reader attends to, the same texts in the same order; empty for none
 */
public record ModelInput(PaddedBatch reader, Optional<PaddedBatch> encoder) {
    /** Input of a single stack. */
    public static ModelInput of(PaddedBatch reader) {
        return new ModelInput(reader, Optional.empty());
    }
}
