package io.millrace.model.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Shape of a BERT encoder with a masked-LM head, as {@code config.json} gives it.
 *
 * @param vocabularySize rows of the embedding table, V
 * @param hiddenSize width of hidden states, H
 * @param layers number of transformer layers
 * @param attentionHeads heads of each attention; divides {@code hiddenSize}
 * @param intermediateSize width of the feed-forward layers
 * @param maxPositions longest text, in tokens
 * @param segments rows of the segment embedding table
 * @param layerNormEpsilon added to variances
 * @param activation of feed-forward layers and head transform
 */
public record BertConfig(
        int vocabularySize,
        int hiddenSize,
        int layers,
        int attentionHeads,
        int intermediateSize,
        int maxPositions,
        int segments,
        double layerNormEpsilon,
        Activation activation) {

    /** Activation of the feed-forward layers. */
    public enum Activation {
        /** x Φ(x), by the error function. */
        GELU,
        /** GELU by its tanh approximation. */
        GELU_TANH,
        RELU
    }

    /** Model types that can be loaded, as {@code config.json} names them. */
    public static final List<String> SUPPORTED_TYPES = List.of("bert");

    private static final int MAX_EXTENT = 1 << 24;

    /**
     * Reads a {@code config.json}.
     *
     * @throws InvalidModelException if the model is not a BERT masked-LM, or a field is missing or out of range
     * @throws IOException if the file cannot be read
     */
    public static BertConfig read(Path configJson) throws IOException {
        try {
            return read(configJson.toString(), new JsonMapper().readTree(Files.readAllBytes(configJson)));
        } catch (JsonProcessingException e) {
            throw new InvalidModelException(
                    configJson + ": not valid JSON: " + e.getOriginalMessage() + "; copy or download it again", e);
        }
    }

    private static BertConfig read(String file, JsonNode config) {
        String type = config.path("model_type").asText("");
        if (!SUPPORTED_TYPES.contains(type)) {
            throw new InvalidModelException(file + ": model_type is '" + type + "', but the supported ones are "
                    + SUPPORTED_TYPES + "; use a checkpoint of one of them");
        }
        JsonNode architectures = config.path("architectures");
        if (!architectures.isEmpty()
                && !"BertForMaskedLM".equals(architectures.path(0).asText())) {
            throw new InvalidModelException(file + ": architectures is " + architectures + ", but a SPLADE head needs "
                    + "BertForMaskedLM: a plain encoder has no vocabulary projection");
        }
        String positions = config.path("position_embedding_type").asText("absolute");
        if (!positions.equals("absolute")) {
            throw new InvalidModelException(file + ": position_embedding_type is '" + positions
                    + "', but only 'absolute' is supported; use another checkpoint");
        }
        if (config.path("is_decoder").asBoolean(false)) {
            throw new InvalidModelException(file + ": is_decoder is true, but only encoders are supported");
        }
        int hidden = extent(file, config, "hidden_size");
        int heads = extent(file, config, "num_attention_heads");
        if (hidden % heads != 0) {
            throw new InvalidModelException(file + ": hidden_size " + hidden + " is not a multiple of "
                    + "num_attention_heads " + heads + "; the file is damaged");
        }
        return new BertConfig(
                extent(file, config, "vocab_size"),
                hidden,
                extent(file, config, "num_hidden_layers"),
                heads,
                extent(file, config, "intermediate_size"),
                extent(file, config, "max_position_embeddings"),
                extent(file, config, "type_vocab_size"),
                epsilon(file, config),
                activation(file, config.path("hidden_act").asText("gelu")));
    }

    private static int extent(String file, JsonNode config, String key) {
        JsonNode value = config.path(key);
        if (!value.isInt() || value.asInt() < 1 || value.asInt() > MAX_EXTENT) {
            throw new InvalidModelException(file + ": " + key + " is " + (value.isMissingNode() ? "missing" : value)
                    + ", but must be a whole number from 1 to " + MAX_EXTENT);
        }
        return value.asInt();
    }

    private static double epsilon(String file, JsonNode config) {
        double epsilon = config.path("layer_norm_eps").asDouble(1e-12);
        if (!(epsilon >= 0 && epsilon < 1)) {
            throw new InvalidModelException(file + ": layer_norm_eps is " + epsilon + ", but must lie in [0, 1)");
        }
        return epsilon;
    }

    private static Activation activation(String file, String name) {
        return switch (name) {
            case "gelu" -> Activation.GELU;
            case "gelu_new", "gelu_pytorch_tanh" -> Activation.GELU_TANH;
            case "relu" -> Activation.RELU;
            default ->
                throw new InvalidModelException(file + ": hidden_act is '" + name
                        + "', but the supported ones are gelu, gelu_new, gelu_pytorch_tanh and relu");
        };
    }

    /** The fields that decide a vector, in one line. */
    String canonical() {
        return "bert encoder V=" + vocabularySize + " H=" + hiddenSize + " layers=" + layers + " heads="
                + attentionHeads + " ff=" + intermediateSize + " eps=" + layerNormEpsilon + " act=" + activation;
    }
}
