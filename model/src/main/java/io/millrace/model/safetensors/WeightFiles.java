package io.millrace.model.safetensors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
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
import java.util.TreeSet;

/**
 * All weights of a checkpoint directory: {@code model.safetensors}, or the shards that
 * {@code model.safetensors.index.json} lists. Safe for many threads.
 */
public final class WeightFiles implements TensorSource {
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
            for (String tensor : file.getValue().tensors()) {
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
            if (shard == null || !shard.contains(entry.getKey())) {
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
                    + "; the weights do not belong to the architecture that config.json names");
        }
        return file;
    }

    /** Closes all files. Copies already taken stay valid. */
    @Override
    public void close() {
        files.values().forEach(SafetensorsFile::close);
    }
}
