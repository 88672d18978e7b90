package io.millrace.deploy.corpus;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.v1.Document;
import io.millrace.v1.DocumentSource;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Turns a JSON line into a document: {@code _id} or {@code id} (a string, or a whole number), {@code text}, and if
 * wanted {@code title} and {@code metadata} (an object of strings, numbers and booleans). For one thread.
 */
final class DocumentParser {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final Set<String> KNOWN = Set.of("_id", "id", "title", "text", "metadata");
    private static final int MAX_ID_BYTES = 512;

    private final Set<String> ignoredFields = new TreeSet<>();

    /** A line that is not a document, and why. */
    static final class NotADocumentException extends Exception {
        private static final long serialVersionUID = 1L;

        NotADocumentException(String reason) {
            super(reason, null, false, false);
        }
    }

    /** Fields seen so far that are not stored. */
    Set<String> ignoredFields() {
        return ignoredFields;
    }

    Document parse(String line) throws NotADocumentException {
        ObjectNode object = object(line);
        String id = id(object);
        DocumentSource.Builder source = DocumentSource.newBuilder()
                .setTitle(string(object, "title", false))
                .setText(string(object, "text", true));
        if (source.getText().isBlank()) {
            throw new NotADocumentException("\"text\" is empty; give the line a text, or leave it out");
        }
        JsonNode metadata = object.path("metadata");
        if (metadata instanceof ObjectNode fields) {
            for (Map.Entry<String, JsonNode> field : fields.properties()) {
                addMetadata(source, field.getKey(), field.getValue());
            }
        } else if (!metadata.isMissingNode() && !metadata.isNull()) {
            throw new NotADocumentException(
                    "\"metadata\" must be an object such as {\"year\": \"1999\"}, but is " + kind(metadata));
        }
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            if (!KNOWN.contains(field.getKey()) && ignoredFields.size() < 100) {
                ignoredFields.add(field.getKey());
            }
        }
        return Document.newBuilder().setId(id).setSource(source).build();
    }

    private static ObjectNode object(String line) throws NotADocumentException {
        JsonNode parsed;
        try {
            parsed = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            String column = e.getLocation() == null
                    ? ""
                    : " at column " + e.getLocation().getColumnNr();
            throw new NotADocumentException("not valid JSON" + column + ": "
                    + e.getOriginalMessage().lines().findFirst().orElse("")
                    + "; each line must be one object");
        }
        if (parsed instanceof ObjectNode object) {
            return object;
        }
        throw new NotADocumentException("the line is " + kind(parsed) + "; it must be an object such as "
                + "{\"_id\": \"1\", \"text\": \"...\"}");
    }

    private static String id(ObjectNode object) throws NotADocumentException {
        boolean beir = object.has("_id");
        if (beir && object.has("id")) {
            throw new NotADocumentException("both \"_id\" and \"id\" are there; leave one out");
        }
        JsonNode id = object.path(beir ? "_id" : "id");
        if (id.isMissingNode() || id.isNull()) {
            throw new NotADocumentException("there is no \"_id\" (or \"id\"); give every line its own");
        }
        String text = id.isIntegralNumber() ? id.asText() : string(object, beir ? "_id" : "id", true);
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes < 1 || bytes > MAX_ID_BYTES) {
            throw new NotADocumentException("the id has " + bytes + " bytes; it must have 1 to " + MAX_ID_BYTES);
        }
        return text;
    }

    private static String string(ObjectNode object, String field, boolean required) throws NotADocumentException {
        JsonNode value = object.path(field);
        if (value.isMissingNode() || value.isNull()) {
            if (required) {
                throw new NotADocumentException("there is no \"" + field + "\"; every line needs one");
            }
            return "";
        }
        if (!value.isTextual()) {
            throw new NotADocumentException("\"" + field + "\" must be a string, but is " + kind(value));
        }
        return wellFormed(field, value.textValue());
    }

    private static void addMetadata(DocumentSource.Builder source, String name, JsonNode value)
            throws NotADocumentException {
        if (value.isContainerNode()) {
            throw new NotADocumentException("metadata \"" + name + "\" is " + kind(value)
                    + "; values must be strings, numbers or booleans: write nested ones as a string");
        }
        if (!value.isNull()) {
            source.putMetadata(wellFormed("metadata", name), wellFormed("metadata." + name, value.asText()));
        }
    }

    /** JSON can spell half a surrogate pair, which is no character and has no UTF-8. */
    private static String wellFormed(String field, String text) throws NotADocumentException {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (Character.isHighSurrogate(text.charAt(i))
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1))) {
                    i++;
                } else {
                    throw new NotADocumentException(String.format(
                            "\"%s\" holds half a surrogate pair, \\u%04x, at character %d; fix the escape",
                            field, (int) text.charAt(i), i + 1));
                }
            }
        }
        return text;
    }

    private static String kind(JsonNode node) {
        return switch (node.getNodeType()) {
            case ARRAY -> "a list";
            case OBJECT, POJO -> "an object";
            case STRING -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "true or false";
            case NULL -> "null";
            case MISSING, BINARY -> "empty";
        };
    }
}
