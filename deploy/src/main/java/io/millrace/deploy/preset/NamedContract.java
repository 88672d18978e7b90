package io.millrace.deploy.preset;

import io.millrace.model.contract.EncodingContract;
import java.io.IOException;
import java.nio.file.Path;

/** The contract of a published model's kind, for a checkpoint that is to become one. */
public final class NamedContract {
    private NamedContract() {}

    /**
     * The contract that a preset gives a checkpoint. Layers of its heads need not be there yet.
     *
     * @param preset its name, see {@code millrace contract --list}
     * @throws IllegalArgumentException if there is no such preset
     * @throws io.millrace.model.InvalidModelException if a file of the checkpoint is missing, damaged or not supported
     * @throws IOException if a file cannot be read
     */
    public static EncodingContract of(String preset, Path checkpoint) throws IOException {
        return Presets.of(preset).contract(CheckpointFacts.of(checkpoint));
    }
}
