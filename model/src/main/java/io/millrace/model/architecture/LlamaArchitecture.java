package io.millrace.model.architecture;

import io.millrace.model.architecture.LayerSpec.Attention;
import io.millrace.model.architecture.StackShape.FeedForward;
import io.millrace.model.architecture.StackShape.Norms;
import io.millrace.model.contract.ReadingMode;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Decoders with rotary positions, root-mean-square norms and gated feed-forward blocks: Llama (Touvron et al. 2023),
 * Mistral, Qwen2 and Qwen3, which differ in biases, in norms of queries and keys, and in how far attention reaches.
 *
 * @param modelType family
 * @param vocabularySize rows of the word embeddings
 * @param hidden width of states
 * @param depth number of layers
 * @param heads attention heads
 * @param keyHeads heads of keys and values
 * @param headWidth width of a head
 * @param feedForward width of the feed-forward blocks
 * @param maxPositions longest text
 * @param rotation of queries and keys
 * @param window positions that a position sees, itself included; 0 = all before it
 * @param firstWindowed layers from this one on are limited to the window
 * @param biases which layers have them
 * @param epsilon added to mean squares
 * @param activation of the feed-forward blocks
 */
public record LlamaArchitecture(
        String modelType,
        int vocabularySize,
        int hidden,
        int depth,
        int heads,
        int keyHeads,
        int headWidth,
        int feedForward,
        int maxPositions,
        Rotation rotation,
        int window,
        int firstWindowed,
        Biases biases,
        double epsilon,
        Activation activation)
        implements Architecture {
    private static final int DEFAULT_WINDOW = 4_096;

    /** Layers of a Qwen without a window, where the file does not say. */
    private static final int QWEN_GLOBAL_LAYERS = 28;

    /**
     * Which linear layers have a bias.
     *
     * @param input of the attention: queries, keys and values
     * @param output of the attention
     * @param feedForward feed-forward blocks
     */
    public record Biases(boolean input, boolean output, boolean feedForward) {}

    static LlamaArchitecture read(ConfigJson config) {
        String type = config.text("model_type", "");
        int hidden = config.extent("hidden_size");
        int depth = config.layers("num_hidden_layers");
        int heads = config.extent("num_attention_heads");
        int keyHeads = config.extent("num_key_value_heads", heads);
        config.headWidth("num_attention_heads", heads, "num_key_value_heads", keyHeads);
        int width = config.given("head_dim")
                ? config.extent("head_dim")
                : config.headWidth("hidden_size", hidden, "num_attention_heads", heads);
        boolean attentionBias = type.equals("qwen2") || config.flag("attention_bias", false);
        boolean qwen = type.equals("qwen2") || type.equals("qwen3");
        int window = window(config, type);
        int firstWindowed = qwen ? config.id("max_window_layers").orElse(QWEN_GLOBAL_LAYERS) : 0;
        if (qwen) {
            config.requireLayerTypes(depth, layer -> window > 0 && layer >= firstWindowed);
        }
        return new LlamaArchitecture(
                type,
                config.extent("vocab_size"),
                hidden,
                depth,
                heads,
                keyHeads,
                width,
                config.extent("intermediate_size"),
                config.extent("max_position_embeddings"),
                RotationJson.read(config, width),
                window,
                firstWindowed,
                new Biases(attentionBias, attentionBias && !type.equals("qwen2"), config.flag("mlp_bias", false)),
                config.epsilon("rms_norm_eps", 1e-6),
                config.activation("hidden_act", "silu"));
    }

    /** Positions that a position sees; 0 = all before it. What a file leaves out is as transformers has it. */
    private static int window(ConfigJson config, String type) {
        return switch (type) {
            case "mistral" ->
                config.has("sliding_window") && !config.given("sliding_window")
                        ? 0
                        : config.extent("sliding_window", DEFAULT_WINDOW);
            case "qwen2", "qwen3" ->
                config.flag("use_sliding_window", false) ? config.extent("sliding_window", DEFAULT_WINDOW) : 0;
            default -> 0;
        };
    }

    @Override
    public List<ReadingMode> readings() {
        return List.of(ReadingMode.CAUSAL, ReadingMode.BIDIRECTIONAL, ReadingMode.ECHO);
    }

    @Override
    public BackboneSpec backbone(ReadingMode reading) {
        require(reading);
        return BackboneSpec.of(new StackSpec(
                new StackShape(
                        hidden,
                        heads,
                        keyHeads,
                        headWidth,
                        1 / Math.sqrt((double) headWidth),
                        reading != ReadingMode.BIDIRECTIONAL,
                        new Norms(true, true, epsilon),
                        new FeedForward(activation, true)),
                EmbeddingSpec.words("model.embed_tokens.weight", vocabularySize, hidden),
                new PositionScheme.Rotary(
                        rotation,
                        window == 0
                                ? Optional.empty()
                                : Optional.of(new PositionScheme.Window(rotation, reach(reading)))),
                IntStream.range(0, depth).mapToObj(this::layer).toList(),
                Optional.of(NormSpec.scaleOnly("model.norm", hidden)),
                Optional.empty()));
    }

    /** The published masks differ: a causal window holds the position itself, a bidirectional one as much to each side. */
    private int reach(ReadingMode reading) {
        return reading == ReadingMode.BIDIRECTIONAL ? window : window - 1;
    }

    private LayerSpec layer(int number) {
        String layer = "model.layers." + number + ".";
        String attention = layer + "self_attn.";
        long queries = (long) heads * headWidth;
        long keys = (long) keyHeads * headWidth;
        boolean normed = modelType.equals("qwen3");
        return new LayerSpec(
                Optional.of(NormSpec.scaleOnly(layer + "input_layernorm", hidden)),
                new Attention(
                        LinearSpec.of(attention + "q_proj", queries, hidden, biases.input())
                                .stack(
                                        LinearSpec.of(attention + "k_proj", keys, hidden, biases.input()),
                                        LinearSpec.of(attention + "v_proj", keys, hidden, biases.input())),
                        normed ? Optional.of(NormSpec.scaleOnly(attention + "q_norm", headWidth)) : Optional.empty(),
                        normed ? Optional.of(NormSpec.scaleOnly(attention + "k_norm", headWidth)) : Optional.empty(),
                        LinearSpec.of(attention + "o_proj", hidden, queries, biases.output())),
                Optional.empty(),
                NormSpec.scaleOnly(layer + "post_attention_layernorm", hidden),
                LinearSpec.of(layer + "mlp.gate_proj", feedForward, hidden, biases.feedForward())
                        .stack(LinearSpec.of(layer + "mlp.up_proj", feedForward, hidden, biases.feedForward())),
                LinearSpec.of(layer + "mlp.down_proj", hidden, feedForward, biases.feedForward()),
                window > 0 && number >= firstWindowed);
    }

    @Override
    public ProjectionSpec projection(ReadingMode reading) {
        require(reading);
        return ProjectionSpec.plain(TensorSpec.of("lm_head.weight", vocabularySize, hidden));
    }

    @Override
    public String backbonePrefix() {
        return "model.";
    }

    @Override
    public List<String> unused(ReadingMode reading) {
        // Frequencies, which follow from config.json; older checkpoints hold them once a layer.
        return Stream.concat(
                        Stream.of("model.rotary_emb.inv_freq"),
                        IntStream.range(0, depth)
                                .mapToObj(number -> "model.layers." + number + ".self_attn.rotary_emb.inv_freq"))
                .toList();
    }
}
