package io.millrace.model.safetensors;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What {@code model.safetensors.index.json} says: which file of the same directory holds each tensor.
 *
 * @param file the index
 * @param shardOf file name by tensor
 * @param totalBytes what {@code metadata.total_size} says, or -1; often wrong where tensors were tied, so only a hint
 */
record ShardIndex(Path file, Map<String, String> shardOf, long totalBytes) {
    /** Three times the index of the largest published checkpoints. */
    private static final long MAX_BYTES = 32_000_000;

    private static final int MAX_SHARDS = 1_000;

    // A name that climbs out of the directory would read files the user never offered.
    private static final Pattern SHARD_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,200}\\.safetensors");

    /**
     * Reads and checks an index.
     *
     * @throws InvalidModelException if it is damaged, names a file outside the directory, or a tensor twice
     * @throws IOException if it cannot be read
     */
    static ShardIndex read(Path file) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
            throw new InvalidModelException(
                    file + " must be a regular file of at most " + MAX_BYTES + " bytes; download it again");
        }
        try (InputStream in = Files.newInputStream(file);
                JsonParser json = SafetensorsHeader.parser(in)) {
            return read(file, json);
        } catch (CharacterCodingException e) {
            throw new InvalidModelException(file + ": not UTF-8; download it again", e);
        } catch (JsonProcessingException e) {
            throw new InvalidModelException(
                    file + ": not valid JSON: " + e.getOriginalMessage() + "; download it again", e);
        }
    }

    private static ShardIndex read(Path file, JsonParser json) throws IOException {
        Map<String, String> shards = new TreeMap<>();
        long totalBytes = -1;
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw new InvalidModelException(file + ": not a JSON object; download it again");
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            boolean object = json.nextToken() == JsonToken.START_OBJECT;
            if (object && field.equals("weight_map")) {
                readShards(file, json, shards);
            } else if (object && field.equals("metadata")) {
                totalBytes = readTotal(json);
            } else {
                json.skipChildren();
            }
        }
        if (json.nextToken() != null) {
            throw new InvalidModelException(file + ": text follows the JSON object; download it again");
        }
        if (shards.isEmpty()) {
            throw new InvalidModelException(file + ": weight_map must map tensors to shards; download it again");
        }
        if (Set.copyOf(shards.values()).size() > MAX_SHARDS) {
            throw new InvalidModelException(file + ": more than " + MAX_SHARDS + " shards; merge them");
        }
        return new ShardIndex(file, shards, totalBytes);
    }

    private static void readShards(Path file, JsonParser json, Map<String, String> shards) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String tensor = json.currentName();
            boolean text = json.nextToken() == JsonToken.VALUE_STRING;
            String shard = json.getText();
            if (!text || !SHARD_NAME.matcher(shard).matches()) {
                throw new InvalidModelException(file + ": tensor " + tensor + " is said to be in '"
                        + shard.substring(0, Math.min(200, shard.length()))
                        + "', which is not the name of a safetensors file in the same directory; download it again from "
                        + "a place you trust");
            }
            shards.put(tensor, shard);
        }
    }

    private static long readTotal(JsonParser json) throws IOException {
        long total = -1;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            boolean isTotal = json.currentName().equals("total_size");
            if (json.nextToken().isNumeric() && isTotal) {
                // Some writers give a float.
                total = (long) json.getDoubleValue();
            } else {
                json.skipChildren();
            }
        }
        return total;
    }

    /** Names of the files, sorted. */
    SortedSet<String> shards() {
        return new TreeSet<>(shardOf.values());
    }
}
