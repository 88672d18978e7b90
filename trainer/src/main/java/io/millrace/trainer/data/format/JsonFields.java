package io.millrace.trainer.data.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.data.DataFormatException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The fields of a line that is a JSON object.
 *
 * @param object the line
 * @param place {@code file:line}, for messages
 */
record JsonFields(JsonNode object, String place) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    static JsonFields parse(String line, String place) throws DataFormatException {
        try {
            if (JSON.readTree(line) instanceof ObjectNode object) {
                return new JsonFields(object, place);
            }
        } catch (JsonProcessingException e) {
            throw new DataFormatException(place, "not valid JSON: " + e.getOriginalMessage());
        }
        throw new DataFormatException(place, "not a JSON object; each line must be one {...}");
    }

    boolean has(String field) {
        return object.hasNonNull(field);
    }

    private JsonNode required(String field) throws DataFormatException {
        JsonNode value = object.get(field);
        if (value == null || value.isNull()) {
            throw new DataFormatException(
                    place,
                    "the field \"" + field + "\" is missing; the line has "
                            + String.join(", ", (Iterable<String>) object::fieldNames));
        }
        return value;
    }

    /** A string that must be there. */
    String text(String field) throws DataFormatException {
        JsonNode value = required(field);
        if (!value.isTextual()) {
            throw wrong(field, "a string", value);
        }
        return value.textValue();
    }

    /** A string that may be missing; the empty string then. */
    String optionalText(String field) throws DataFormatException {
        return has(field) ? text(field) : "";
    }

    /** An id that must be there: a string that is not empty, or a whole number. */
    String id(String field) throws DataFormatException {
        return id(field, required(field));
    }

    private String id(String field, JsonNode value) throws DataFormatException {
        String id = value.isTextual() || value.isIntegralNumber() ? value.asText() : "";
        if (id.isEmpty()) {
            throw wrong(field, "an id (a string that is not empty, or a whole number)", value);
        }
        return id;
    }

    /** Strings that must be there. */
    List<String> texts(String field) throws DataFormatException {
        List<String> texts = new ArrayList<>();
        for (JsonNode value : list(field)) {
            if (!value.isTextual()) {
                throw wrong(field, "a list of strings", value);
            }
            texts.add(value.textValue());
        }
        return texts;
    }

    /** Ids that must be there. */
    List<String> ids(String field) throws DataFormatException {
        List<String> ids = new ArrayList<>();
        for (JsonNode value : list(field)) {
            ids.add(id(field, value));
        }
        return ids;
    }

    /** Finite numbers that must be there, as single precision. */
    List<Float> numbers(String field) throws DataFormatException {
        List<Float> numbers = new ArrayList<>();
        for (JsonNode value : list(field)) {
            if (!value.isNumber() || !Float.isFinite(value.floatValue())) {
                throw wrong(field, "a list of finite numbers", value);
            }
            numbers.add(value.floatValue());
        }
        return numbers;
    }

    /** The members of an object that must be there. */
    Map<String, JsonNode> members(String field) throws DataFormatException {
        JsonNode value = required(field);
        if (!value.isObject()) {
            throw wrong(field, "an object", value);
        }
        Map<String, JsonNode> members = new LinkedHashMap<>();
        value.properties().forEach(member -> members.put(member.getKey(), member.getValue()));
        return members;
    }

    /** The fields of an object within this one. */
    JsonFields inside(String field) throws DataFormatException {
        return new JsonFields(required(field), place);
    }

    private JsonNode list(String field) throws DataFormatException {
        JsonNode value = required(field);
        if (!value.isArray()) {
            throw wrong(field, "a list", value);
        }
        return value;
    }

    private DataFormatException wrong(String field, String expected, JsonNode found) {
        String shown = found.toString();
        return new DataFormatException(
                place,
                "the field \"" + field + "\" must be " + expected + ", but there is "
                        + (shown.length() > 60 ? shown.substring(0, 60) + "…" : shown));
    }
}
