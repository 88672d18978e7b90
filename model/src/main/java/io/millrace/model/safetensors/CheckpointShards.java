package io.millrace.model.safetensors;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Writes the weights of a checkpoint as one file, or as numbered shards and their index, as {@code transformers} does. */
public final class CheckpointShards {
    private CheckpointShards() {}

    /**
     * Writes all tensors of a source, some rows at a time. The index comes last, so that shards without it are an
     * unfinished write.
     *
     * @param directory where to; it must hold no weights yet
     * @param type type of weights on disk: F32, BF16 or F16
     * @param maxShardBytes most bytes of tensors in a file, at least 1; a larger tensor has a file to itself. Hugging Face
     *     suggests 5 GB.
     * @return names of the files with weights
     * @throws InvalidModelException if the directory holds weights, a value is not finite, or leaves the range of
     *     {@code type}
     * @throws IOException if writing fails; what was written is removed
     */
    public static List<String> write(Path directory, TensorSource source, TensorType type, long maxShardBytes)
            throws IOException {
        for (String name : List.of(WeightFiles.SINGLE, WeightFiles.INDEX)) {
            if (Files.exists(directory.resolve(name))) {
                throw new InvalidModelException(
                        directory + " holds " + name + " already; name another directory, or remove it");
            }
        }
        List<Shard> shards = plan(source, type, maxShardBytes);
        List<Path> written = new ArrayList<>();
        try {
            for (int i = 0; i < shards.size(); i++) {
                Path file = directory.resolve(name(i, shards.size()));
                SafetensorsWriter.write(file, source, shards.get(i).tensors, type);
                written.add(file);
            }
            if (shards.size() > 1) {
                writeIndex(directory.resolve(WeightFiles.INDEX), shards);
            }
            sync(directory);
        } catch (IOException | RuntimeException e) {
            for (Path file : written) {
                Files.deleteIfExists(file);
            }
            throw e;
        }
        return written.stream().map(file -> file.getFileName().toString()).toList();
    }

    private static List<Shard> plan(TensorSource source, TensorType type, long maxShardBytes) {
        if (maxShardBytes < 1) {
            throw new IllegalArgumentException("a shard must have at least one byte, not " + maxShardBytes);
        }
        List<Shard> shards = new ArrayList<>(List.of(new Shard()));
        for (String name : new TreeSet<>(source.tensors())) {
            TensorInfo tensor = source.info(name);
            long bytes =
                    tensor.elements() * SafetensorsWriter.storedAs(tensor, type).bytes();
            if (!shards.getLast().tensors.isEmpty() && bytes > maxShardBytes - shards.getLast().bytes) {
                shards.add(new Shard());
            }
            shards.getLast().tensors.add(name);
            shards.getLast().bytes += bytes;
        }
        return shards;
    }

    private static String name(int index, int count) {
        return count == 1 ? WeightFiles.SINGLE : "model-%05d-of-%05d.safetensors".formatted(index + 1, count);
    }

    private static void writeIndex(Path file, List<Shard> shards) throws IOException {
        ObjectNode root = new JsonMapper().createObjectNode();
        root.putObject("metadata")
                .put(
                        "total_size",
                        shards.stream().mapToLong(shard -> shard.bytes).sum());
        ObjectNode map = root.putObject("weight_map");
        for (int i = 0; i < shards.size(); i++) {
            String name = name(i, shards.size());
            shards.get(i).tensors.forEach(tensor -> map.put(tensor, name));
        }
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (FileChannel channel = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer json = ByteBuffer.wrap(
                    new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
            while (json.hasRemaining()) {
                channel.write(json);
            }
            channel.force(true);
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Makes the names durable. */
    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** One file of the plan. */
    private static final class Shard {
        private final List<String> tensors = new ArrayList<>();
        private long bytes;
    }
}
