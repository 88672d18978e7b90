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
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/** Fields of a {@code config.json}, checked. */
final class ConfigJson {
    private static final int MAX_EXTENT = 1 << 24;

    /** Several times what the deepest published models have; each layer takes memory before its weights are looked for. */
    private static final int MAX_LAYERS = 1_024;

    private static final int MAX_SHOWN = 80;

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
        return upTo(key, MAX_EXTENT);
    }

    /** Number of layers: a whole number from 1 to 1,024. */
    int layers(String key) {
        return upTo(key, MAX_LAYERS);
    }

    private int upTo(String key, int most) {
        JsonNode value = root.path(key);
        if (!value.isInt() || value.asInt() < 1 || value.asInt() > most) {
            throw invalid(key, "a whole number from 1 to " + most);
        }
        return value.asInt();
    }

    private InvalidModelException invalid(String key, String rule) {
        return refused(key, "must be " + rule + "; take the config.json that belongs to the weights");
    }

    /** A value for messages; a damaged file may have megabytes in one. */
    private static String shown(JsonNode value) {
        String text = value.isMissingNode() ? "missing" : value.toString();
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
    }

    /** An extent that may be left out or null. */
    int extent(String key, int otherwise) {
        return given(key) ? extent(key) : otherwise;
    }

    /** A whole number from 0 to 2^24 that may be left out or null. */
    Optional<Integer> id(String key) {
        if (!given(key)) {
            return Optional.empty();
        }
        JsonNode value = root.path(key);
        if (!value.isInt() || value.asInt() < 0 || value.asInt() > MAX_EXTENT) {
            throw invalid(key, "a whole number from 0 to " + MAX_EXTENT);
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
            throw invalid(key, "a number above 0");
        }
        return value.asDouble();
    }

    /** What is added to variances: in [0, 1). */
    double epsilon(String key, double otherwise) {
        JsonNode value = root.path(key);
        double epsilon = given(key) ? value.asDouble(-1) : otherwise;
        if ((given(key) && !value.isNumber()) || !(epsilon >= 0 && epsilon < 1)) {
            throw invalid(key, "a number from 0 and below 1");
        }
        return epsilon;
    }

    boolean flag(String key, boolean otherwise) {
        JsonNode value = root.path(key);
        if (given(key) && !value.isBoolean()) {
            throw invalid(key, "true or false");
        }
        return given(key) ? value.asBoolean() : otherwise;
    }

    String text(String key, String otherwise) {
        return given(key) ? root.path(key).asText() : otherwise;
    }

    /** Texts of a list; empty if it is left out. */
    List<String> texts(String key) {
        return StreamSupport.stream(root.path(key).spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    boolean given(String key) {
        return root.hasNonNull(key);
    }

    /** Whether there is such a key, if only to say null. */
    boolean has(String key) {
        return root.has(key);
    }

    /** An object inside, with its place in messages; empty if it is left out or null. */
    Optional<ConfigJson> object(String key) {
        if (!given(key)) {
            return Optional.empty();
        }
        if (!root.path(key).isObject()) {
            throw invalid(key, "an object");
        }
        return Optional.of(new ConfigJson(file + ": " + key, root.path(key)));
    }

    /**
     * Refuses a list of the layers' kinds that differs from what the other keys make of them.
     *
     * @param local whether a layer, by its number, sees a window
     */
    void requireLayerTypes(int layers, IntPredicate local) {
        String key = "layer_types";
        if (!given(key)) {
            return;
        }
        List<String> expected = IntStream.range(0, layers)
                .mapToObj(layer -> local.test(layer) ? "sliding_attention" : "full_attention")
                .toList();
        if (!texts(key).equals(expected)) {
            throw refused(key, "the other keys make it " + expected + ", and no other pattern is supported");
        }
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
        return new InvalidModelException(file + ": " + key + " is " + shown(root.path(key)) + ", but " + why);
    }
}
