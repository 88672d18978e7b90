package io.millrace.model.safetensors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All weights of a checkpoint directory: {@code model.safetensors}, or the shards that
 * {@code model.safetensors.index.json} lists. Safe for many threads.
 */
public final class WeightFiles implements AutoCloseable {
    /** Name of an unsharded weight file. */
    public static final String SINGLE = "model.safetensors";

    /** Name of the list of shards. */
    public static final String INDEX = "model.safetensors.index.json";

    private static final int MAX_SHARDS = 1_000;

    private final Path directory;
    private final Map<String, SafetensorsFile> files;
    private final Map<String, SafetensorsFile> byTensor = new LinkedHashMap<>();

    private WeightFiles(Path directory, Map<String, SafetensorsFile> files) {
        this.directory = directory;
        this.files = files;
        for (Map.Entry<String, SafetensorsFile> file : files.entrySet()) {
            for (String tensor : file.getValue().tensors().keySet()) {
                if (byTensor.putIfAbsent(tensor, file.getValue()) != null) {
                    throw new InvalidModelException(directory.resolve(file.getKey()) + ": tensor " + tensor
                            + " is in another shard too; download the checkpoint again");
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
        Path index = directory.resolve(INDEX);
        if (!Files.exists(index)) {
            throw new InvalidModelException(directory + " has neither " + SINGLE + " nor " + INDEX
                    + "; give the directory of a Hugging Face checkpoint saved as safetensors");
        }
        return List.copyOf(new TreeSet<>(shardOf(index).values()));
    }

    /**
     * Opens all weight files of a directory.
     *
     * @throws InvalidModelException if a file is damaged, a tensor is in two shards, or the index and the shards differ
     * @throws IOException if a file cannot be opened
     */
    public static WeightFiles open(Path directory) throws IOException {
        Map<String, SafetensorsFile> files = new TreeMap<>();
        try {
            for (String name : names(directory)) {
                files.put(name, SafetensorsFile.open(directory.resolve(name)));
            }
            WeightFiles weights = new WeightFiles(directory, files);
            weights.checkIndex();
            return weights;
        } catch (IOException | RuntimeException e) {
            files.values().forEach(SafetensorsFile::close);
            throw e;
        }
    }

    private void checkIndex() throws IOException {
        if (files.containsKey(SINGLE)) {
            return;
        }
        Path index = directory.resolve(INDEX);
        for (Map.Entry<String, String> entry : shardOf(index).entrySet()) {
            SafetensorsFile shard = files.get(entry.getValue());
            if (shard == null || !shard.tensors().containsKey(entry.getKey())) {
                throw new InvalidModelException(index + ": tensor " + entry.getKey() + " is not in " + entry.getValue()
                        + "; download the checkpoint again");
            }
        }
    }

    private static Map<String, String> shardOf(Path index) throws IOException {
        JsonNode map;
        try {
            map = new JsonMapper().readTree(Files.readAllBytes(index)).path("weight_map");
        } catch (JsonProcessingException e) {
            throw new InvalidModelException(index + ": not valid JSON: " + e.getOriginalMessage(), e);
        }
        if (!map.isObject() || map.isEmpty()) {
            throw new InvalidModelException(index + ": weight_map must map tensors to shards; download it again");
        }
        Map<String, String> shards = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            String shard = entry.getValue().asText();
            // A name that climbs out of the directory would read files the user never offered.
            if (!shard.matches("[A-Za-z0-9._-]+\\.safetensors")) {
                throw new InvalidModelException(index + ": tensor " + entry.getKey() + " is said to be in '" + shard
                        + "', which is not the name of a safetensors file in the same directory");
            }
            shards.put(entry.getKey(), shard);
        }
        if (Set.copyOf(shards.values()).size() > MAX_SHARDS) {
            throw new InvalidModelException(index + ": more than " + MAX_SHARDS + " shards; merge them");
        }
        return shards;
    }

    /** Names of all tensors, by file and position. Read-only. */
    public Set<String> tensors() {
        return Collections.unmodifiableSet(byTensor.keySet());
    }

    /** Whether there is a tensor of that name. */
    public boolean contains(String tensor) {
        return byTensor.containsKey(tensor);
    }

    /**
     * Type, shape and place of a tensor.
     *
     * @throws InvalidModelException if there is none of that name
     */
    public TensorInfo info(String tensor) {
        TensorInfo info = file(tensor).tensors().get(tensor);
        if (info == null) {
            throw missing(tensor);
        }
        return info;
    }

    /**
     * A copy of a tensor as fp32, checked to have a shape.
     *
     * @param shape extents, outermost first
     * @return a direct buffer in native byte order
     * @throws InvalidModelException if there is none of that name, or its shape, type or values are not as they must be
     */
    public FloatBuffer floats(String tensor, long... shape) {
        List<Long> expected = new ArrayList<>();
        for (long extent : shape) {
            expected.add(extent);
        }
        if (!info(tensor).shape().equals(expected)) {
            throw new InvalidModelException(directory + ": tensor " + tensor + " has shape "
                    + info(tensor).shape() + ", but config.json asks for " + expected
                    + "; weights and config.json are of different models");
        }
        return file(tensor).floats(tensor);
    }

    /**
     * A copy of a tensor as fp32, with its shape.
     *
     * @throws InvalidModelException if there is none of that name, or its type or values are not as they must be
     */
    public Tensor tensor(String tensor) {
        return new Tensor(info(tensor).shape(), file(tensor).floats(tensor));
    }

    private SafetensorsFile file(String tensor) {
        SafetensorsFile file = byTensor.get(tensor);
        if (file == null) {
            throw missing(tensor);
        }
        return file;
    }

    private InvalidModelException missing(String tensor) {
        return new InvalidModelException(directory + ": there is no tensor " + tensor + " among " + byTensor.size()
                + "; the weights do not belong to the architecture that config.json names");
    }

    /** Unmaps all files. */
    @Override
    public void close() {
        files.values().forEach(SafetensorsFile::close);
    }
}
