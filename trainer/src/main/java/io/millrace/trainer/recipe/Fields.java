package io.millrace.trainer.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.millrace.service.NearestName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.DoublePredicate;

/**
 * The keys of one mapping of a recipe. Whatever is not asked for is unknown, which {@link #done} refuses, naming the key that
 * was probably meant.
 */
final class Fields {
    private final String place;
    private final JsonNode node;
    private final Set<String> known = new TreeSet<>();

    /**
     * Over a mapping.
     *
     * @param place of it, for messages, such as {@code recipe.yaml: batch}
     */
    Fields(String place, JsonNode node) {
        this.place = place;
        this.node = node;
        if (!node.isObject()) {
            throw new InvalidRecipeException(
                    place + " must be a mapping of keys to values, but is " + (node.isNull() ? "empty" : node));
        }
    }

    String place() {
        return place;
    }

    private Optional<JsonNode> find(String key) {
        known.add(key);
        JsonNode value = node.get(key);
        return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
    }

    private JsonNode required(String key) {
        return find(key).orElseThrow(() -> new InvalidRecipeException(place + " needs a key '" + key + "'"));
    }

    InvalidRecipeException problem(String key, String what) {
        return new InvalidRecipeException(place + "." + key + " " + what);
    }

    String text(String key) {
        return scalar(key, required(key));
    }

    Optional<String> optionalText(String key) {
        return find(key).map(value -> scalar(key, value));
    }

    String text(String key, String otherwise) {
        return optionalText(key).orElse(otherwise);
    }

    private String scalar(String key, JsonNode value) {
        if (!value.isValueNode() || value.asText().isBlank()) {
            throw problem(key, "must be a text, but is " + value);
        }
        return value.asText();
    }

    long whole(String key, long least) {
        return whole(key, required(key), least);
    }

    long whole(String key, long otherwise, long least) {
        return find(key).map(value -> whole(key, value, least)).orElse(otherwise);
    }

    private long whole(String key, JsonNode value, long least) {
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < least) {
            throw problem(key, "must be a whole number of at least " + least + ", but is " + value.asText());
        }
        return value.asLong();
    }

    double real(String key, double otherwise, DoublePredicate allowed, String range) {
        return find(key)
                .map(value -> {
                    // YAML 1.1 reads 2e-5 as a text.
                    double number;
                    try {
                        number = value.isNumber() ? value.asDouble() : Double.parseDouble(value.asText());
                    } catch (NumberFormatException e) {
                        number = Double.NaN;
                    }
                    if (!Double.isFinite(number) || !allowed.test(number)) {
                        throw problem(key, "must be a number " + range + ", but is " + value.asText());
                    }
                    return number;
                })
                .orElse(otherwise);
    }

    double share(String key, double otherwise) {
        return real(key, otherwise, value -> value >= 0 && value < 1, "of at least 0 and below 1");
    }

    double positive(String key, double otherwise) {
        return real(key, otherwise, value -> value > 0, "above 0");
    }

    double atLeastZero(String key, double otherwise) {
        return real(key, otherwise, value -> value >= 0, "of at least 0");
    }

    boolean flag(String key, boolean otherwise) {
        return find(key)
                .map(value -> {
                    if (!value.isBoolean()) {
                        throw problem(key, "must be true or false, but is " + value.asText());
                    }
                    return value.asBoolean();
                })
                .orElse(otherwise);
    }

    /** A constant, in lower case and with hyphens. */
    <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) {
        Optional<String> given = optionalText(key);
        if (given.isEmpty()) {
            return otherwise;
        }
        List<String> names =
                Arrays.stream(type.getEnumConstants()).map(Fields::spelled).toList();
        int at = names.indexOf(given.get());
        if (at < 0) {
            throw problem(key, "is '" + given.get() + "', but must be one of " + String.join(", ", names));
        }
        return type.getEnumConstants()[at];
    }

    /** How recipes spell a constant. */
    static String spelled(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    List<String> texts(String key) {
        List<String> texts = new ArrayList<>();
        for (JsonNode value : items(key)) {
            texts.add(scalar(key, value));
        }
        return texts;
    }

    List<Fields> mappings(String key) {
        List<Fields> mappings = new ArrayList<>();
        for (JsonNode value : items(key)) {
            mappings.add(new Fields(place + "." + key + "[" + mappings.size() + "]", value));
        }
        return mappings;
    }

    /** Elements of a list; one value stands for a list of it. */
    private Iterable<JsonNode> items(String key) {
        return find(key)
                .<Iterable<JsonNode>>map(value -> value.isArray() ? value : List.of(value))
                .orElse(List.of());
    }

    /** A mapping within; if it is left out, one without keys. */
    Fields within(String key) {
        return new Fields(place + "." + key, find(key).orElseGet(JsonNodeFactory.instance::objectNode));
    }

    boolean has(String key) {
        return find(key).isPresent();
    }

    /** Refuses keys that nothing asked for. */
    void done() {
        for (String key : (Iterable<String>) node::fieldNames) {
            if (!known.contains(key)) {
                throw new InvalidRecipeException(place + " has the unknown key '" + key + "'; did you mean '"
                        + NearestName.of(key, known) + "'? The keys are " + String.join(", ", known));
            }
        }
    }
}
