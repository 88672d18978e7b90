package io.millrace.deploy.preset;

import io.millrace.model.architecture.Architecture;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.layout.EncoderFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What a preset needs to know of a checkpoint.
 *
 * @param name of the model, for people
 * @param terms ids of the tokenizer: no head gives weights beyond them
 * @param specialIds control tokens
 * @param maxPositions longest text, in tokens
 * @param width of hidden states, H
 * @param readings that the family has; the first is the one it is trained for
 */
record CheckpointFacts(
        String name, int terms, List<Integer> specialIds, int maxPositions, int width, List<ReadingMode> readings) {
    /**
     * Looks at shape and vocabulary.
     *
     * @throws io.millrace.model.InvalidModelException if a file is missing, damaged or not supported
     * @throws IOException if a file cannot be read
     */
    static CheckpointFacts of(Path directory) throws IOException {
        EncoderFiles files = EncoderFiles.read(directory, true);
        Architecture architecture = files.transformer();
        Path name = directory.toAbsolutePath().normalize().getFileName();
        return new CheckpointFacts(
                name == null ? "model" : name.toString(),
                files.vocabulary().size(),
                files.vocabulary().specialIds().stream().sorted().toList(),
                architecture.maxPositions(),
                architecture
                        .backbone(architecture.readings().getFirst())
                        .reader()
                        .outputWidth(),
                architecture.readings());
    }

    /** A length that the model's positions can hold. */
    int atMost(int tokens) {
        return Math.min(tokens, maxPositions);
    }
}
