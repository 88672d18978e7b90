package io.millrace.model.layout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/** JSON files of other programs: keys may be missing, and keys that nobody asks for do not matter. */
record LayoutJson(Path file, JsonNode node) {
    private static final JsonMapper JSON = new JsonMapper();

    /**
     * Reads a file; a missing one reads as one without keys.
     *
     * @throws InvalidModelException if it is not JSON
     * @throws IOException if it is there and cannot be read
     */
    static LayoutJson read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return new LayoutJson(file, MissingNode.getInstance());
        }
        try {
            return new LayoutJson(file, JSON.readTree(Files.readAllBytes(file)));
        } catch (JsonProcessingException e) {
            throw new InvalidModelException(
                    file + ": not valid JSON: " + e.getOriginalMessage() + "; copy or download it again", e);
        }
    }

    boolean exists() {
        return !node.isMissingNode();
    }

    LayoutJson at(String key) {
        return new LayoutJson(file, node.path(key));
    }

    Optional<String> text(String key) {
        JsonNode value = node.path(key);
        return value.isTextual() ? Optional.of(value.asText()) : Optional.empty();
    }

    /** A count above 0. Programs write "no limit" as a number beyond any int. */
    OptionalInt count(String key) {
        JsonNode value = node.path(key);
        return value.isNumber() && value.asDouble() >= 1 && value.asDouble() <= Integer.MAX_VALUE
                ? OptionalInt.of(value.asInt())
                : OptionalInt.empty();
    }

    boolean isTrue(String key) {
        return node.path(key).asBoolean(false);
    }

    InvalidModelException refused(String what) {
        return new InvalidModelException(file + ": " + what);
    }
}
