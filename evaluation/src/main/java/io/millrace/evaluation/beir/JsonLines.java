package io.millrace.evaluation.beir;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;

/** A cursor over the JSON objects of a file, one a line; blank lines are skipped. */
final class JsonLines implements Closeable {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final LineReader reader;
    private ObjectNode object = JsonNodeFactory.instance.objectNode();
    private long number;

    JsonLines(LineReader reader) {
        this.reader = reader;
    }

    /** Moves to the next object; false at the end. */
    boolean advance() throws IOException {
        while (true) {
            Line line = reader.next();
            switch (line) {
                case null -> {
                    return false;
                }
                case Line.Unreadable(long at, String reason) ->
                    throw new BeirFormatException(reader.name(), at, reason);
                case Line.Text(long at, String text)
                when !text.isBlank() -> {
                    number = at;
                    object = parse(text);
                    return true;
                }
                case Line.Text blank -> {}
            }
        }
    }

    private ObjectNode parse(String text) throws BeirFormatException {
        try {
            if (JSON.readTree(text) instanceof ObjectNode parsed) {
                return parsed;
            }
        } catch (JsonProcessingException e) {
            throw problem("not valid JSON: " + e.getOriginalMessage());
        }
        throw problem("not a JSON object; each line must be one {...}");
    }

    /** A string field that must be there. */
    String required(String field) throws BeirFormatException {
        JsonNode value = object.get(field);
        if (value == null || !value.isTextual()) {
            throw problem(
                    value == null
                            ? "the field \"" + field + "\" is missing; the line has " + names()
                            : "the field \"" + field + "\" must be a string, but is " + value.getNodeType());
        }
        return value.textValue();
    }

    /** A string field that may be missing or null; the empty string then. */
    String optional(String field) throws BeirFormatException {
        return object.hasNonNull(field) ? required(field) : "";
    }

    /** What is wrong with the current line, for the caller to throw. */
    BeirFormatException problem(String what) {
        return new BeirFormatException(reader.name(), number, what);
    }

    private String names() {
        return String.join(", ", (Iterable<String>) object::fieldNames);
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
