package io.millrace.model.contract;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.InvalidModelException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code millrace.json}. Every key is required and unknown keys are refused: a setting that is overlooked would give
 * vectors that look plausible and match nothing.
 */
final class ContractJson {
    private static final int FORMAT = 1;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private ContractJson() {}

    /**
     * Parses a contract.
     *
     * @param file name for messages
     * @throws InvalidModelException if a key is missing, unknown or has a value that makes no sense
     */
    static EncodingContract read(String file, String json) {
        try {
            Fields root = new Fields(file, "", JSON.readTree(json));
            root.only("format", "name", "head", "query", "document", "digests");
            if (root.integer("format") != FORMAT) {
                throw new InvalidModelException(file + ": format is " + root.integer("format") + ", but this program "
                        + "reads format " + FORMAT + "; use the program version that wrote it");
            }
            TreeMap<String, String> digests = new TreeMap<>();
            for (Map.Entry<String, JsonNode> entry :
                    root.object("digests").node().properties()) {
                if (!entry.getValue().asText().matches("[0-9a-f]{64}")) {
                    throw new InvalidModelException(file + ": digests." + entry.getKey() + " is " + entry.getValue()
                            + ", not 64 lower-case hexadecimal characters");
                }
                digests.put(entry.getKey(), entry.getValue().asText());
            }
            return new EncodingContract(
                    root.text("name"),
                    head(root.object("head")),
                    role(root.object("query")),
                    role(root.object("document")),
                    digests);
        } catch (JsonProcessingException e) {
            throw new InvalidModelException(file + ": not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new InvalidModelException(file + ": " + e.getMessage(), e);
        }
    }

    private static HeadContract head(Fields head) {
        head.only("pooling", "saturation", "logit_scale", "logit_shift", "special_tokens", "outputs");
        return new HeadContract(
                head.constant("pooling", Pooling.class),
                head.constant("saturation", Saturation.class),
                new LogitAffine(head.number("logit_scale"), head.number("logit_shift")),
                head.constant("special_tokens", SpecialTokenPolicy.class),
                head.integer("outputs"));
    }

    private static RoleContract role(Fields role) {
        role.only("prefix", "max_tokens", "top_terms");
        return new RoleContract(role.text("prefix"), role.integer("max_tokens"), role.integer("top_terms"));
    }

    static String write(EncodingContract contract) {
        ObjectNode root = JSON.createObjectNode().put("format", FORMAT).put("name", contract.name());
        HeadContract head = contract.head();
        root.putObject("head")
                .put("pooling", spelling(head.pooling()))
                .put("saturation", spelling(head.saturation()))
                .put("logit_scale", head.logits().scale())
                .put("logit_shift", head.logits().shift())
                .put("special_tokens", spelling(head.specialTokens()))
                .put("outputs", head.outputs());
        write(root.putObject("query"), contract.query());
        write(root.putObject("document"), contract.document());
        ObjectNode digests = root.putObject("digests");
        contract.digests().forEach(digests::put);
        try {
            DefaultPrettyPrinter printer = new DefaultPrettyPrinter()
                    .withObjectIndenter(new DefaultIndenter("  ", "\n"))
                    .withArrayIndenter(new DefaultIndenter("  ", "\n"));
            return JSON.writer(printer).writeValueAsString(root) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a contract is always writable as JSON", e);
        }
    }

    private static void write(ObjectNode node, RoleContract role) {
        node.put("prefix", role.prefix()).put("max_tokens", role.maxTokens()).put("top_terms", role.topTerms());
    }

    private static String spelling(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** The fields of one JSON object, with its place for messages. */
    private record Fields(String file, String path, JsonNode node) {
        Fields {
            if (!node.isObject()) {
                throw new InvalidModelException(
                        file + ": " + (path.isEmpty() ? "the file" : path) + " must be a JSON " + "object");
            }
        }

        void only(String... keys) {
            for (Map.Entry<String, JsonNode> entry : node.properties()) {
                if (!List.of(keys).contains(entry.getKey())) {
                    throw new InvalidModelException(file + ": unknown key " + path + entry.getKey() + "; known are "
                            + List.of(keys) + ". It may be a newer program's file, or a slip of the pen");
                }
            }
        }

        private JsonNode get(String key) {
            JsonNode value = node.get(key);
            if (value == null) {
                throw new InvalidModelException(file + ": " + path + key + " is missing; every key must be given");
            }
            return value;
        }

        Fields object(String key) {
            return new Fields(file, path + key + ".", get(key));
        }

        String text(String key) {
            return checked(key, get(key).isTextual(), "text").asText();
        }

        int integer(String key) {
            return checked(key, get(key).isInt(), "a whole number").asInt();
        }

        double number(String key) {
            return checked(key, get(key).isNumber(), "a number").asDouble();
        }

        <E extends Enum<E>> E constant(String key, Class<E> type) {
            for (E constant : type.getEnumConstants()) {
                if (spelling(constant).equals(text(key))) {
                    return constant;
                }
            }
            List<String> known = java.util.stream.Stream.of(type.getEnumConstants())
                    .map(ContractJson::spelling)
                    .toList();
            throw new InvalidModelException(file + ": " + path + key + " is '" + text(key) + "', not one of " + known);
        }

        private JsonNode checked(String key, boolean fits, String kind) {
            if (!fits) {
                throw new InvalidModelException(file + ": " + path + key + " is " + get(key) + ", not " + kind);
            }
            return get(key);
        }
    }
}
