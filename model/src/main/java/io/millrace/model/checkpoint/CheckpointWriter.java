package io.millrace.model.checkpoint;

import io.millrace.model.InvalidModelException;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.safetensors.SafetensorsWriter;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorType;
import io.millrace.model.safetensors.WeightFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Saves checkpoint directories that this program, {@code transformers} and {@code sentence-transformers} load. */
public final class CheckpointWriter {
    private CheckpointWriter() {}

    /**
     * Copies a checkpoint, its weights in one file of one type and under today's names.
     *
     * @param source checkpoint to copy
     * @param target directory, made if missing; it must not hold a checkpoint yet
     * @param type how weights are stored: F32, or F16, which halves the file and rounds to 11 bits
     * @param name of the copy, for people
     * @return the copy, with its digests
     * @throws InvalidModelException if the source is damaged, a weight does not fit {@code type}, or the target holds a
     *     checkpoint
     * @throws IOException if reading or writing fails
     */
    public static Checkpoint copy(Checkpoint source, Path target, TensorType type, String name) throws IOException {
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        try (WeightFiles files = WeightFiles.open(source.directory())) {
            for (String tensor : files.tensors()) {
                tensors.put(currentName(tensor), files.tensor(tensor));
            }
        }
        Path config = source.directory().resolve(Checkpoint.CONFIG);
        Path tokenizer = source.directory().resolve(Checkpoint.TOKENIZER);
        return write(
                target,
                tensors,
                type,
                Map.of(Checkpoint.CONFIG, config, Checkpoint.TOKENIZER, tokenizer),
                source.contract().withName(name));
    }

    /**
     * Writes a checkpoint; {@code millrace.json} last, because its digests say that the rest is whole.
     *
     * @param target directory, made if missing; it must not hold a checkpoint yet
     * @param tensors weights by name
     * @param type how weights are stored
     * @param files further files by their name in the target, {@code config.json} and {@code tokenizer.json} at least
     * @param contract its digests are replaced by those of the files written
     */
    static Checkpoint write(
            Path target,
            SortedMap<String, Tensor> tensors,
            TensorType type,
            Map<String, Path> files,
            EncodingContract contract)
            throws IOException {
        Files.createDirectories(target);
        if (Files.exists(target.resolve(Checkpoint.CONFIG))) {
            throw new InvalidModelException(
                    target + " holds a checkpoint already; name another directory, or remove it");
        }
        SafetensorsWriter.write(target.resolve(WeightFiles.SINGLE), tensors, type);
        for (Map.Entry<String, Path> file : files.entrySet()) {
            // Not Files.copy, which would hand on the mode of a read-only original.
            Files.write(target.resolve(file.getKey()), Files.readAllBytes(file.getValue()));
        }
        EncodingContract signed = contract.withDigests(Checkpoint.digests(target, contract));
        Files.writeString(target.resolve(Checkpoint.CONTRACT), signed.toString());
        return Checkpoint.open(target);
    }

    /** Layer norms were once called gamma and beta; transformers renames them at each load. */
    private static String currentName(String tensor) {
        return tensor.replaceFirst("LayerNorm\\.gamma$", "LayerNorm.weight")
                .replaceFirst("LayerNorm\\.beta$", "LayerNorm.bias");
    }
}
