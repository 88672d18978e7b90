package io.millrace.model.architecture;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Fields of a {@code config.json}, checked. */
final class ConfigJson {
    private static final int MAX_EXTENT = 1 << 24;

    private final String file;
    private final JsonNode root;

    private ConfigJson(String file, JsonNode root) {
        this.file = file;
        this.root = root;
    }

    static ConfigJson read(Path path) throws IOException {
        try {
            JsonNode root = new JsonMapper().readTree(Files.readAllBytes(path));
            if (!root.isObject()) {
                throw new InvalidModelException(path + " is not a JSON object; copy or download it again");
            }
            return new ConfigJson(path.toString(), root);
        } catch (JsonProcessingException e) {
            throw new InvalidModelException(
                    path + ": not valid JSON: " + e.getOriginalMessage() + "; copy or download it again", e);
        }
    }

    /** Extent of something: a whole number from 1 to 2^24. */
    int extent(String key) {
        JsonNode value = root.path(key);
        if (!value.isInt() || value.asInt() < 1 || value.asInt() > MAX_EXTENT) {
            throw new InvalidModelException(file + ": " + key + " is " + (value.isMissingNode() ? "missing" : value)
                    + ", but must be a whole number from 1 to " + MAX_EXTENT);
        }
        return value.asInt();
    }

    /** An extent that may be left out or null. */
    int extent(String key, int otherwise) {
        return given(key) ? extent(key) : otherwise;
    }

    /** A whole number from 0 that may be left out or null. */
    Optional<Integer> id(String key) {
        if (!given(key)) {
            return Optional.empty();
        }
        JsonNode value = root.path(key);
        if (!value.isInt() || value.asInt() < 0) {
            throw new InvalidModelException(file + ": " + key + " is " + value + ", but must be a whole number from 0");
        }
        return Optional.of(value.asInt());
    }

    /** A finite number above 0. */
    double positive(String key, double otherwise) {
        JsonNode value = given(key) ? root.path(key) : null;
        if (value == null) {
            return otherwise;
        }
        if (!value.isNumber() || !(value.asDouble() > 0 && value.asDouble() < Double.POSITIVE_INFINITY)) {
            throw new InvalidModelException(file + ": " + key + " is " + value + ", but must be a number above 0");
        }
        return value.asDouble();
    }

    /** What is added to variances: in [0, 1). */
    double epsilon(String key, double otherwise) {
        JsonNode value = root.path(key);
        double epsilon = given(key) ? value.asDouble(-1) : otherwise;
        if (!(epsilon >= 0 && epsilon < 1)) {
            throw new InvalidModelException(file + ": " + key + " is " + value + ", but must lie in [0, 1)");
        }
        return epsilon;
    }

    boolean flag(String key, boolean otherwise) {
        JsonNode value = root.path(key);
        if (given(key) && !value.isBoolean()) {
            throw new InvalidModelException(file + ": " + key + " is " + value + ", but must be true or false");
        }
        return given(key) ? value.asBoolean() : otherwise;
    }

    String text(String key, String otherwise) {
        return given(key) ? root.path(key).asText() : otherwise;
    }

    /** Texts of a list; empty if it is left out. */
    List<String> texts(String key) {
        return java.util.stream.StreamSupport.stream(root.path(key).spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    boolean given(String key) {
        return root.hasNonNull(key);
    }

    /** An object inside, with its place in messages; empty if it is left out or null. */
    Optional<ConfigJson> object(String key) {
        return root.path(key).isObject()
                ? Optional.of(new ConfigJson(file + ": " + key, root.path(key)))
                : Optional.empty();
    }

    Activation activation(String key, String otherwise) {
        String name = text(key, otherwise);
        return switch (name) {
            case "gelu" -> Activation.GELU;
            case "gelu_new", "gelu_pytorch_tanh" -> Activation.GELU_TANH;
            case "relu" -> Activation.RELU;
            case "silu", "swish" -> Activation.SILU;
            default -> throw refused(key, "the supported ones are gelu, gelu_new, gelu_pytorch_tanh, relu and silu");
        };
    }

    /** The width of a head, which must divide the width of the states. */
    int headWidth(String hiddenKey, int hidden, String headsKey, int heads) {
        if (hidden % heads != 0) {
            throw new InvalidModelException(file + ": " + hiddenKey + " " + hidden + " is not a multiple of " + headsKey
                    + " " + heads + "; the file is damaged");
        }
        return hidden / heads;
    }

    /** Refuses a key whose value would change every vector. */
    void mustBe(String key, String value, String otherwise) {
        if (!text(key, otherwise).equals(value)) {
            throw refused(key, "only " + value + " is supported: use another checkpoint");
        }
    }

    InvalidModelException refused(String key, String why) {
        return new InvalidModelException(file + ": " + key + " is " + root.path(key) + ", but " + why);
    }
}
