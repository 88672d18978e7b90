package io.millrace.model.architecture;

import io.millrace.model.contract.ReadingMode;
import java.util.List;
import java.util.Optional;

/** A transformer as its {@code config.json} describes it. */
public sealed interface Architecture
        permits BertArchitecture, ModernBertArchitecture, OptArchitecture, LlamaArchitecture, T5Architecture {
    /** The family's name in {@code config.json}. */
    String modelType();

    /** Rows of the embedding table, V. */
    int vocabularySize();

    /** Longest text, in tokens with special tokens. */
    int maxPositions();

    /** Ways in which this family reads texts; the first is the one it is trained for. */
    List<ReadingMode> readings();

    /**
     * The stacks of a reading.
     *
     * @throws IllegalArgumentException if the family has no such reading
     */
    BackboneSpec backbone(ReadingMode reading);

    /** The vocabulary projection of a reading. */
    ProjectionSpec projection(ReadingMode reading);

    /** Prefix of the names of the backbone's tensors, which a checkpoint of the bare backbone leaves out. */
    String backbonePrefix();

    /** Prefixes of tensors that a reading has no use for, so that it does not matter that they are left unread. */
    List<String> unused(ReadingMode reading);

    /** Token that a decoder reads first; empty for families without a decoder of shifted texts. */
    default Optional<Integer> decoderStart() {
        return Optional.empty();
    }

    /** Checks that a reading is one of the family's. */
    default void require(ReadingMode reading) {
        if (!readings().contains(reading)) {
            throw new IllegalArgumentException(
                    modelType() + " models cannot be read as " + reading + ", only as " + readings());
        }
    }
}
