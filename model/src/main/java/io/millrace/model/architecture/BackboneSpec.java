package io.millrace.model.architecture;

import java.util.Optional;

/**
 * The stacks that a reading of a text needs.
 *
 * @param reader whose states are pooled
 * @param encoder whose states the reader attends to; empty for none
 */
public record BackboneSpec(StackSpec reader, Optional<StackSpec> encoder) {
    /** A single stack. */
    public static BackboneSpec of(StackSpec reader) {
        return new BackboneSpec(reader, Optional.empty());
    }
}
