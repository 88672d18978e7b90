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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code millrace.json}. Every key is required and unknown keys are refused: a setting that is overlooked would give
 * vectors that look plausible and match nothing.
 */
final class ContractJson {
    private static final int FORMAT = 2;
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
            root.only("format", "name", "query", "document", "digests");
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
                    root.text("name"), role(root.object("query")), role(root.object("document")), digests);
        } catch (JsonProcessingException e) {
            throw new InvalidModelException(file + ": not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new InvalidModelException(file + ": " + e.getMessage(), e);
        }
    }

    private static RoleContract role(Fields role) {
        role.only("checkpoint", "text", "reading", "head", "pruning");
        return new RoleContract(
                role.text("checkpoint"),
                text(role.object("text")),
                reading(role.object("reading")),
                head(role.object("head")),
                pruning(role.object("pruning")));
    }

    private static TextContract text(Fields text) {
        text.only("prefix", "suffix", "template", "max_tokens", "max_chunks", "overlap_tokens");
        return new TextContract(
                text.text("prefix"),
                text.text("suffix"),
                text.bool("template"),
                text.integer("max_tokens"),
                text.integer("max_chunks"),
                text.integer("overlap_tokens"));
    }

    private static ReadingContract reading(Fields reading) {
        reading.only("mode", "alignment", "positions", "special_tokens");
        return new ReadingContract(
                reading.constant("mode", ReadingMode.class),
                reading.constant("alignment", Alignment.class),
                reading.constant("positions", Positions.class),
                reading.constant("special_tokens", SpecialTokenPolicy.class));
    }

    private static HeadContract head(Fields head) {
        String kind = head.text("kind");
        return switch (kind) {
            case "mlm" -> {
                head.only("kind", "pooling", "saturation", "logit_scale", "logit_shift", "outputs");
                yield new HeadContract.Mlm(
                        head.constant("pooling", Pooling.class),
                        head.constant("saturation", Saturation.class),
                        new LogitAffine(head.number("logit_scale"), head.number("logit_shift")),
                        head.integer("outputs"));
            }
            case "mlp" -> {
                head.only("kind", "layers", "rectifier", "pooling", "saturation", "outputs");
                yield new HeadContract.Mlp(
                        head.texts("layers"),
                        head.constant("rectifier", Rectifier.class),
                        head.constant("pooling", Pooling.class),
                        head.constant("saturation", Saturation.class),
                        head.integer("outputs"));
            }
            case "epic" -> {
                head.only("kind", "importance", "quality", "outputs");
                yield new HeadContract.Epic(head.text("importance"), head.text("quality"), head.integer("outputs"));
            }
            case "sparta" -> {
                head.only("kind", "bias", "dropped", "outputs");
                yield new HeadContract.Sparta(head.text("bias"), head.integers("dropped"), head.integer("outputs"));
            }
            case "table" -> {
                head.only("kind", "file", "outputs");
                yield new HeadContract.Table(head.text("file"), head.integer("outputs"));
            }
            case "binary" -> {
                head.only("kind", "weight", "pooling", "outputs");
                yield new HeadContract.Binary(
                        head.number("weight"), head.constant("pooling", Pooling.class), head.integer("outputs"));
            }
            default ->
                throw new InvalidModelException(
                        head.place("kind") + " is '" + kind + "', not one of [mlm, mlp, epic, sparta, table, binary]");
        };
    }

    private static PruningContract pruning(Fields pruning) {
        pruning.only("input_terms_only", "min_weight", "min_share_of_max", "mass", "top_terms");
        return new PruningContract(
                pruning.bool("input_terms_only"),
                pruning.number("min_weight"),
                pruning.number("min_share_of_max"),
                pruning.number("mass"),
                pruning.integer("top_terms"));
    }

    static String write(EncodingContract contract) {
        ObjectNode root = JSON.createObjectNode().put("format", FORMAT).put("name", contract.name());
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
        TextContract text = role.text();
        node.put("checkpoint", role.checkpoint());
        node.putObject("text")
                .put("prefix", text.prefix())
                .put("suffix", text.suffix())
                .put("template", text.template())
                .put("max_tokens", text.maxTokens())
                .put("max_chunks", text.maxChunks())
                .put("overlap_tokens", text.overlapTokens());
        ReadingContract reading = role.reading();
        node.putObject("reading")
                .put("mode", spelling(reading.mode()))
                .put("alignment", spelling(reading.alignment()))
                .put("positions", spelling(reading.positions()))
                .put("special_tokens", spelling(reading.specialTokens()));
        write(node.putObject("head").put("kind", role.head().kind()), role.head());
        PruningContract pruning = role.pruning();
        node.putObject("pruning")
                .put("input_terms_only", pruning.inputTermsOnly())
                .put("min_weight", pruning.minWeight())
                .put("min_share_of_max", pruning.minShareOfMax())
                .put("mass", pruning.mass())
                .put("top_terms", pruning.topTerms());
    }

    private static void write(ObjectNode node, HeadContract head) {
        switch (head) {
            case HeadContract.Mlm mlm ->
                node.put("pooling", spelling(mlm.pooling()))
                        .put("saturation", spelling(mlm.saturation()))
                        .put("logit_scale", mlm.logits().scale())
                        .put("logit_shift", mlm.logits().shift());
            case HeadContract.Mlp mlp -> {
                mlp.layers().forEach(node.putArray("layers")::add);
                node.put("rectifier", spelling(mlp.rectifier()))
                        .put("pooling", spelling(mlp.pooling()))
                        .put("saturation", spelling(mlp.saturation()));
            }
            case HeadContract.Epic epic ->
                node.put("importance", epic.importance()).put("quality", epic.quality());
            case HeadContract.Sparta sparta -> {
                node.put("bias", sparta.bias());
                sparta.dropped().forEach(node.putArray("dropped")::add);
            }
            case HeadContract.Table table -> node.put("file", table.file());
            case HeadContract.Binary binary ->
                node.put("weight", binary.weight()).put("pooling", spelling(binary.pooling()));
        }
        node.put("outputs", head.outputs());
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

        List<String> texts(String key) {
            List<String> texts = new ArrayList<>();
            for (JsonNode element : checked(key, get(key).isArray(), "a list")) {
                checked(key, element.isTextual(), "a list of texts");
                texts.add(element.asText());
            }
            return texts;
        }

        List<Integer> integers(String key) {
            List<Integer> integers = new ArrayList<>();
            for (JsonNode element : checked(key, get(key).isArray(), "a list")) {
                checked(key, element.isInt(), "a list of whole numbers");
                integers.add(element.asInt());
            }
            return integers;
        }

        boolean bool(String key) {
            return checked(key, get(key).isBoolean(), "true or false").asBoolean();
        }

        String place(String key) {
            return file + ": " + path + key;
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
