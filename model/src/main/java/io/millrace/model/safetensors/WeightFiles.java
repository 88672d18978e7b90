package io.millrace.model.safetensors;

import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All weights of a checkpoint directory: {@code model.safetensors}, or the shards that
 * {@code model.safetensors.index.json} lists. Safe for many threads.
 */
public final class WeightFiles implements TensorSource {
    /** Name of an unsharded weight file. */
    public static final String SINGLE = "model.safetensors";

    /** Name of the list of shards. */
    public static final String INDEX = "model.safetensors.index.json";

    private static final Logger log = LoggerFactory.getLogger(WeightFiles.class);

    private final Path directory;
    private final Map<String, SafetensorsFile> files;
    private final Map<String, SafetensorsFile> byTensor = new LinkedHashMap<>();

    private WeightFiles(Path directory, Map<String, SafetensorsFile> files) {
        this.directory = directory;
        this.files = files;
        for (SafetensorsFile file : files.values()) {
            for (String tensor : file.tensors()) {
                SafetensorsFile other = byTensor.putIfAbsent(tensor, file);
                if (other != null) {
                    throw new InvalidModelException(file.origin(tensor) + ": tensor " + tensor
                            + " is in another shard too, " + other.origin(tensor) + "; download the checkpoint again");
                }
            }
        }
    }

    /**
     * File names of the weights in a directory, in a fixed order.
     *
     * @throws InvalidModelException if there are none, or the index is damaged or names a file outside the directory
     * @throws IOException if the index cannot be read
     */
    public static List<String> names(Path directory) throws IOException {
        if (Files.exists(directory.resolve(SINGLE))) {
            return List.of(SINGLE);
        }
        return List.copyOf(index(directory).shards());
    }

    private static ShardIndex index(Path directory) throws IOException {
        Path file = directory.resolve(INDEX);
        if (!Files.exists(file)) {
            throw ForeignWeights.noWeights(directory);
        }
        return ShardIndex.read(file);
    }

    /**
     * Opens all weight files of a directory.
     *
     * @throws InvalidModelException if a file is damaged or missing, a tensor is in two shards, or the index and the
     *     shards differ
     * @throws IOException if a file cannot be opened
     */
    public static WeightFiles open(Path directory) throws IOException {
        Map<String, SafetensorsFile> files = new TreeMap<>();
        try {
            if (Files.exists(directory.resolve(SINGLE))) {
                files.put(SINGLE, SafetensorsFile.open(directory.resolve(SINGLE)));
                return new WeightFiles(directory, files);
            }
            ShardIndex index = index(directory);
            for (String shard : index.shards()) {
                Path file = directory.resolve(shard);
                if (!Files.exists(file)) {
                    throw new InvalidModelException(index.file() + " names " + shard
                            + ", which is not in the directory; download the checkpoint again");
                }
                files.put(shard, SafetensorsFile.open(file));
            }
            WeightFiles weights = new WeightFiles(directory, files);
            weights.check(index);
            return weights;
        } catch (IOException | RuntimeException e) {
            files.values().forEach(SafetensorsFile::close);
            throw e;
        }
    }

    private void check(ShardIndex index) {
        for (Map.Entry<String, String> entry : index.shardOf().entrySet()) {
            String tensor = entry.getKey();
            SafetensorsFile found = byTensor.get(tensor);
            if (found == null || found != files.get(entry.getValue())) {
                throw new InvalidModelException(index.file() + ": tensor " + tensor + " is not in " + entry.getValue()
                        + (found == null ? "" : " but in " + found.origin(tensor))
                        + "; download the checkpoint again");
            }
        }
        long bytes = 0;
        for (String tensor : byTensor.keySet()) {
            bytes += info(tensor).end() - info(tensor).begin();
        }
        // Published checkpoints whose shards are whole have it wrong, after tied weights were left out for instance,
        // and
        // what it could tell is known from the shards' own headers. So it does not decide.
        if (index.totalBytes() >= 0 && index.totalBytes() != bytes) {
            log.warn(
                    "{} says total_size {}, but its shards hold {} bytes; they are used as they are",
                    index.file(),
                    index.totalBytes(),
                    bytes);
        }
    }

    /** Names of all tensors, by file and position. Read-only. */
    @Override
    public Set<String> tensors() {
        return Collections.unmodifiableSet(byTensor.keySet());
    }

    @Override
    public TensorInfo info(String tensor) {
        return file(tensor).info(tensor);
    }

    @Override
    public String origin(String tensor) {
        return file(tensor).origin(tensor);
    }

    @Override
    public void read(String tensor, long beginRow, long endRow, TensorType as, MemorySegment target) {
        file(tensor).read(tensor, beginRow, endRow, as, target);
    }

    private SafetensorsFile file(String tensor) {
        SafetensorsFile file = byTensor.get(tensor);
        if (file == null) {
            throw new InvalidModelException(directory + ": there is no tensor " + tensor + " among " + byTensor.size()
                    + "; the weights do not belong to the architecture that config.json names: take both from one "
                    + "checkpoint");
        }
        return file;
    }

    /** Closes all files. Copies already taken stay valid. */
    @Override
    public void close() {
        files.values().forEach(SafetensorsFile::close);
    }
}
