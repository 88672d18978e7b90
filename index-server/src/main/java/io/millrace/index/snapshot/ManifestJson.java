package io.millrace.index.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.index.record.ShardCheckpoint;
import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The manifest as JSON, for people to read and for no one to change: its last field is a SHA-256 over the others. 64-bit
 * numbers are unsigned.
 */
final class ManifestJson {
    private static final int FORMAT = 1;
    private static final String CHECKSUM = "checksum";
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(
                    DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY,
                    DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    // A name and nothing that leads out of the folder.
    private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}");
    private static final Pattern COLLECTION = Pattern.compile("[a-z0-9][a-z0-9_-]{0,127}");
    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    private ManifestJson() {}

    static String write(SnapshotManifest manifest) {
        ShardDescriptor descriptor = manifest.checkpoint().descriptor();
        ShardIdentity identity = descriptor.identity();
        ObjectNode root = JSON.createObjectNode();
        root.put("format", FORMAT);
        root.put("collection", identity.collection());
        root.put("generation", unsigned(identity.generation()));
        root.put("shard", Integer.toUnsignedLong(identity.shard()));
        root.put("spaceId", descriptor.spaceId());
        root.put("epoch", unsigned(descriptor.epoch()));
        root.put("weights", descriptor.weights().format().name());
        root.put("maxWeight", descriptor.weights().maxWeight());
        root.put("appliedIndex", unsigned(manifest.checkpoint().appliedIndex()));
        root.put("documents", unsigned(manifest.checkpoint().documents()));
        root.put("created", manifest.created().toString());
        ArrayNode files = root.putArray("files");
        for (SnapshotFile file : manifest.files()) {
            files.addObject()
                    .put("name", file.name())
                    .put("sizeBytes", file.sizeBytes())
                    .put("sha256", file.sha256());
        }
        try {
            root.put(CHECKSUM, checksum(JSON.readTree(root.toString())));
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a manifest cannot be written as JSON", e);
        }
    }

    /**
     * Reads a manifest.
     *
     * @param what the file, for messages
     * @throws StoreException if it is damaged, or of another format
     */
    static SnapshotManifest read(String what, String text) {
        try {
            if (!(JSON.readTree(text) instanceof ObjectNode root)) {
                throw new IllegalArgumentException("it is not a JSON object");
            }
            // Before the checksum: another format may have another one.
            if (integer(root, "format") != FORMAT) {
                throw new StoreException(
                        StoreException.Kind.UNSUPPORTED,
                        what + " is of format " + root.get("format") + " but this version reads format " + FORMAT
                                + "; use the version of millrace that made it");
            }
            String stated = string(root, CHECKSUM);
            root.remove(CHECKSUM);
            if (!checksum(root).equals(stated)) {
                throw new IllegalArgumentException("its content does not match its checksum");
            }
            return manifest(root);
        } catch (JsonProcessingException e) {
            throw Snapshot.damaged(what, "it is not JSON: " + e.getOriginalMessage());
        } catch (IllegalArgumentException | DateTimeException e) {
            throw Snapshot.damaged(what, String.valueOf(e.getMessage()));
        }
    }

    private static SnapshotManifest manifest(ObjectNode root) {
        ShardIdentity identity = new ShardIdentity(
                matching(root, "collection", COLLECTION),
                integer(root, "generation"),
                Integer.parseUnsignedInt(field(root, "shard").asText()));
        WeightScheme weights = new WeightScheme(WeightScheme.Format.valueOf(string(root, "weights")), (float)
                field(root, "maxWeight").asDouble());
        ShardDescriptor descriptor =
                new ShardDescriptor(identity, matching(root, "spaceId", DIGEST), integer(root, "epoch"), weights);
        List<SnapshotFile> files = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode file : field(root, "files")) {
            files.add(new SnapshotFile(
                    matching(file, "name", FILE_NAME), integer(file, "sizeBytes"), matching(file, "sha256", DIGEST)));
            if (!names.add(files.getLast().name())) {
                throw new IllegalArgumentException("it names " + files.getLast().name() + " twice");
            }
        }
        return new SnapshotManifest(
                new ShardCheckpoint(descriptor, integer(root, "appliedIndex"), integer(root, "documents")),
                Instant.parse(string(root, "created")),
                files);
    }

    private static String checksum(JsonNode content) {
        return FileDigest.of(content.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static BigInteger unsigned(long number) {
        return new BigInteger(Long.toUnsignedString(number));
    }

    private static long integer(JsonNode object, String name) {
        return Long.parseUnsignedLong(field(object, name).asText());
    }

    private static String matching(JsonNode object, String name, Pattern pattern) {
        String text = string(object, name);
        if (!pattern.matcher(text).matches()) {
            throw new IllegalArgumentException("its " + name + " is '" + text + "'");
        }
        return text;
    }

    private static String string(JsonNode object, String name) {
        return field(object, name).asText();
    }

    private static JsonNode field(JsonNode object, String name) {
        JsonNode value = object.get(name);
        if (value == null) {
            throw new IllegalArgumentException("it has no " + name);
        }
        return value;
    }
}
