package io.millrace.model.lexical;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.InvalidModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * {@code lexical.json}: what decides weights, beside the table of terms. Every key is required and unknown keys are refused.
 *
 * @param settings analyzer and parameters
 * @param documents of the corpus that have a term, N
 * @param tokens terms of all documents together; over {@code documents} it is the average length
 * @param termsDigest SHA-256 of the table of terms, 64 lower-case hexadecimal characters
 */
record LexicalManifest(LexicalSettings settings, long documents, long tokens, String termsDigest) {
    private static final int FORMAT = 1;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** Refuses a corpus without terms. */
    LexicalManifest {
        if (documents < 1 || tokens < documents) {
            throw new IllegalArgumentException("documents is " + documents + " and tokens is " + tokens
                    + ", but there must be a document, and a token in each");
        }
    }

    /** Average length of a document, in terms. */
    double averageLength() {
        return (double) tokens / documents;
    }

    /**
     * Parses a manifest.
     *
     * @param file name for messages
     * @throws InvalidModelException if it is damaged, of another format, or of another version of the analyzers
     */
    static LexicalManifest read(String file, String json) {
        try {
            Fields fields = new Fields(file, JSON.readTree(json));
            fields.check();
            return new LexicalManifest(
                    new LexicalSettings(
                            fields.get("name", JsonNode::isTextual, "text").asText(),
                            TextAnalysis.of(fields.get("analyzer", JsonNode::isTextual, "text")
                                    .asText()),
                            new Bm25(
                                    fields.get("k1", JsonNode::isNumber, "a number")
                                            .asDouble(),
                                    fields.get("b", JsonNode::isNumber, "a number")
                                            .asDouble())),
                    fields.get("documents", JsonNode::isIntegralNumber, "a whole number")
                            .asLong(),
                    fields.get("tokens", JsonNode::isIntegralNumber, "a whole number")
                            .asLong(),
                    fields.get("terms_sha256", JsonNode::isTextual, "text").asText());
        } catch (JsonProcessingException e) {
            throw new InvalidModelException(file + ": not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new InvalidModelException(file + ": " + e.getMessage(), e);
        }
    }

    /** The same without its name: what decides weights. */
    String anonymous() {
        return new LexicalManifest(
                        new LexicalSettings("-", settings.analysis(), settings.bm25()), documents, tokens, termsDigest)
                .toString();
    }

    /** As {@code lexical.json} spells it: indented JSON, ending in a line feed. */
    @Override
    public String toString() {
        ObjectNode node = JSON.createObjectNode()
                .put("format", FORMAT)
                .put("name", settings.name())
                .put("analyzer", settings.analysis().label())
                .put("lucene", TextAnalysis.LUCENE)
                .put("term_ids", TermIds.RULE)
                .put("k1", settings.bm25().k1())
                .put("b", settings.bm25().b())
                .put("documents", documents)
                .put("tokens", tokens)
                .put("terms_sha256", termsDigest);
        return node.toPrettyString().replace(System.lineSeparator(), "\n") + "\n";
    }

    private record Fields(String file, JsonNode node) {
        private static final List<String> KEYS = List.of(
                "format", "name", "analyzer", "lucene", "term_ids", "k1", "b", "documents", "tokens", "terms_sha256");

        /** The keys are the known ones, and this program gives the weights that the folder was made for. */
        void check() {
            List<String> found = new ArrayList<>();
            node.fieldNames().forEachRemaining(found::add);
            if (!new TreeSet<>(found).equals(new TreeSet<>(KEYS))) {
                throw new InvalidModelException(file + ": the keys are " + found + ", but must be " + KEYS);
            }
            require("format", Integer.toString(FORMAT), "use the program version that wrote it");
            require("lucene", Integer.toString(TextAnalysis.LUCENE), "make the folder again with this program");
            require("term_ids", TermIds.RULE, "make the folder again with this program");
        }

        private void require(String key, String expected, String remedy) {
            if (!get(key, JsonNode::isValueNode, "a value").asText().equals(expected)) {
                throw new InvalidModelException(file + ": " + key + " is " + node.get(key) + ", but this program has "
                        + expected + "; " + remedy);
            }
        }

        JsonNode get(String key, Predicate<JsonNode> fits, String kind) {
            JsonNode value = node.path(key);
            if (!fits.test(value)) {
                throw new InvalidModelException(file + ": " + key + " is " + value + ", not " + kind);
            }
            return value;
        }
    }
}
