package io.millrace.model.adapter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** What {@code adapter_config.json} says. Whatever would change a vector and is not understood is refused. */
final class LoraConfig {
    private static final long MAX_BYTES = 1 << 20;
    private static final String MERGE = "; merge the adapter with peft (merge_and_unload), save the model with "
            + "save_pretrained and use that checkpoint";
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** Fields read below. */
    private static final Set<String> READ = Set.of(
            "peft_type",
            "task_type",
            "r",
            "lora_alpha",
            "use_rslora",
            "rank_pattern",
            "alpha_pattern",
            "target_modules",
            "modules_to_save",
            "bias",
            "init_lora_weights",
            "ensure_weight_tying");

    /** Fields that say where the adapter comes from or how it was trained, and nothing about what it computes. */
    private static final Set<String> HARMLESS = Set.of(
            "auto_mapping",
            "base_model_name_or_path",
            "revision",
            "inference_mode",
            "peft_version",
            "lora_dropout",
            "exclude_modules",
            "layers_to_transform",
            "layers_pattern",
            "megatron_core",
            "loftq_config",
            "eva_config",
            "velora_config",
            "runtime_config",
            "qalora_group_size",
            "merge_weights");

    /** Ways to begin training that leave the base's weights as they are. Others, such as PiSSA, take a part out of them. */
    private static final Set<String> PLAIN_BEGINNINGS =
            Set.of("true", "false", "null", "gaussian", "eva", "orthogonal");

    private final Path file;
    private final JsonNode json;
    private final int rank;
    private final double alpha;
    private final ModulePatterns ranks;
    private final ModulePatterns alphas;

    private LoraConfig(Path file, JsonNode json) {
        this.file = file;
        this.json = json;
        this.rank = (int) number("r", json.path("r"), 1, 1 << 16);
        this.alpha = number("lora_alpha", json.path("lora_alpha"), -1e6, 1e6);
        this.ranks = new ModulePatterns(file + ": rank_pattern", numbers("rank_pattern", 1, 1 << 16));
        this.alphas = new ModulePatterns(file + ": alpha_pattern", numbers("alpha_pattern", -1e6, 1e6));
    }

    /**
     * Reads and checks a configuration.
     *
     * @throws InvalidModelException if it is damaged, not of LoRA, or asks for what is not understood here
     * @throws IOException if it cannot be read
     */
    static LoraConfig read(Path file) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
            throw new InvalidModelException(file + " must be a file of at most " + MAX_BYTES
                    + " bytes; give the directory that peft saved an adapter in");
        }
        JsonNode json;
        try {
            json = JSON.readTree(Files.readAllBytes(file));
        } catch (JsonProcessingException e) {
            throw new InvalidModelException(
                    file + ": not valid JSON: " + e.getOriginalMessage() + "; download the adapter again", e);
        }
        if (!json.isObject()) {
            throw new InvalidModelException(file + ": not a JSON object; download the adapter again");
        }
        if (!json.path("peft_type").asText().equals("LORA")) {
            throw new InvalidModelException(
                    file + ": peft_type is " + json.path("peft_type") + ", but only \"LORA\" is merged here" + MERGE);
        }
        LoraConfig config = new LoraConfig(file, json);
        config.refuseOthers();
        return config;
    }

    private void refuseOthers() {
        for (Map.Entry<String, JsonNode> field : json.properties()) {
            String name = field.getKey();
            if (name.equals("fan_in_fan_out") && field.getValue().asBoolean()) {
                throw new InvalidModelException(file + ": fan_in_fan_out is true, for layers that hold their weights "
                        + "transposed, which no architecture here has" + MERGE);
            }
            if (!READ.contains(name) && !HARMLESS.contains(name) && !saysNothing(field.getValue())) {
                throw new InvalidModelException(file + ": " + name + " is " + shortened(field.getValue())
                        + ", which is not understood here" + MERGE);
            }
        }
        String beginning = json.path("init_lora_weights").asText("null");
        if (json.has("init_lora_weights") && !PLAIN_BEGINNINGS.contains(beginning.toLowerCase(java.util.Locale.ROOT))) {
            throw new InvalidModelException(file + ": init_lora_weights is \"" + beginning
                    + "\", so the adapter belongs to base weights that were changed when training began; convert it to a "
                    + "plain LoRA with path_initial_model_for_weight_conversion of save_pretrained");
        }
        String bias = json.path("bias").asText("none");
        if (!Set.of("none", "all", "lora_only").contains(bias)) {
            throw new InvalidModelException(
                    file + ": bias is \"" + bias + "\", not one of none, all and lora_only" + MERGE);
        }
    }

    private static boolean saysNothing(JsonNode value) {
        return value.isNull()
                || (value.isBoolean() && !value.asBoolean())
                || (value.isContainerNode() && value.isEmpty())
                || (value.isTextual() && value.asText().isEmpty());
    }

    private double number(String field, JsonNode value, double least, double most) {
        boolean whole = field.startsWith("r");
        if (!value.isNumber()
                || (whole && !value.canConvertToExactIntegral())
                || !(value.asDouble() >= least && value.asDouble() <= most)) {
            throw new InvalidModelException(
                    file + ": " + field + " is " + shortened(value) + ", not a " + (whole ? "whole number" : "number")
                            + " from " + least + " to " + most + "; download the adapter again");
        }
        return value.asDouble();
    }

    private Map<String, Double> numbers(String field, double least, double most) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        JsonNode map = json.path(field);
        if (!saysNothing(map) && !map.isMissingNode() && !map.isObject()) {
            throw new InvalidModelException(file + ": " + field + " must map modules to numbers; download it again");
        }
        map.properties().forEach(entry -> numbers.put(entry.getKey(), number(field, entry.getValue(), least, most)));
        return numbers;
    }

    private static String shortened(JsonNode value) {
        String text = value.toString();
        return text.length() <= 100 ? text : text.substring(0, 100) + "…";
    }

    private Set<String> names(String field) {
        Set<String> names = new LinkedHashSet<>();
        json.path(field).forEach(name -> names.add(name.asText()));
        return names;
    }

    /** Rank of the adapter of a module. */
    int rank(String module) {
        return (int) ranks.find(module).orElse(rank);
    }

    /** What B · A is multiplied with: alpha / r, or alpha / sqrt(r) where rank-stabilised (arXiv 2312.03732). */
    double scale(String module) {
        double divisor = json.path("use_rslora").asBoolean() ? Math.sqrt(rank(module)) : rank(module);
        return alphas.find(module).orElse(alpha) / divisor;
    }

    /** Whether the configuration says that a module has an adapter; true where it names modules by an expression. */
    boolean targets(String module) {
        JsonNode targets = json.path("target_modules");
        return !targets.isArray() || isNamed(names("target_modules"), module);
    }

    /** Whether a module is saved whole: listed, inside a listed one, or the head of a classifier. */
    boolean savesWhole(String module) {
        Set<String> saved = names("modules_to_save");
        if (json.path("task_type").asText().endsWith("_CLS")) {
            // peft adds these by itself for classifiers.
            saved.add("classifier");
            saved.add("score");
        }
        for (String at = module; !at.isEmpty(); at = at.substring(0, Math.max(0, at.lastIndexOf('.')))) {
            if (isNamed(saved, at)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isNamed(Set<String> names, String module) {
        return names.stream().anyMatch(name -> module.equals(name) || module.endsWith("." + name));
    }

    /** Whether biases of the base were trained and saved too. */
    boolean savesBiases() {
        return !json.path("bias").asText("none").equals("none");
    }

    /** Whether a changed embedding was meant to change the output head that shares it. */
    boolean keepsEmbeddingsTied() {
        return json.path("ensure_weight_tying").asBoolean();
    }

    /** Whether the model scores with a classifier, and has no output head over the vocabulary. */
    boolean isClassifier() {
        return json.path("task_type").asText().endsWith("_CLS");
    }
}
