package io.millrace.model.architecture;

import io.millrace.model.architecture.EmbeddingSpec.PositionTable;
import io.millrace.model.architecture.LayerSpec.Attention;
import io.millrace.model.architecture.StackShape.FeedForward;
import io.millrace.model.architecture.StackShape.Norms;
import io.millrace.model.contract.ReadingMode;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * OPT (Zhang et al. 2022): a decoder with learned positions. The 350M shape norms after blocks, has no final norm, and
 * embeds words in fewer dimensions than its layers have.
 *
 * @param vocabularySize rows of the word embeddings
 * @param hidden width of states
 * @param wordWidth width of word embeddings, and of what the head reads
 * @param depth number of layers
 * @param heads of each attention
 * @param feedForward width of the feed-forward blocks
 * @param maxPositions longest text
 * @param normBefore whether norms stand before blocks
 * @param finalNorm whether the last layer's states are normed
 * @param biases whether linear layers have a bias
 * @param activation of the feed-forward blocks
 */
public record OptArchitecture(
        int vocabularySize,
        int hidden,
        int wordWidth,
        int depth,
        int heads,
        int feedForward,
        int maxPositions,
        boolean normBefore,
        boolean finalNorm,
        boolean biases,
        Activation activation)
        implements Architecture {
    /** Rows of the position table before that of the first token. */
    private static final int OFFSET = 2;

    private static final String DECODER = "model.decoder.";
    private static final double EPSILON = 1e-5;

    static OptArchitecture read(ConfigJson config) {
        int hidden = config.extent("hidden_size");
        int heads = config.extent("num_attention_heads");
        config.headWidth("hidden_size", hidden, "num_attention_heads", heads);
        if (!config.flag("layer_norm_elementwise_affine", true)) {
            throw config.refused("layer_norm_elementwise_affine", "only norms with weights are supported");
        }
        boolean before = config.flag("do_layer_norm_before", true);
        return new OptArchitecture(
                config.extent("vocab_size"),
                hidden,
                config.extent("word_embed_proj_dim", hidden),
                config.layers("num_hidden_layers"),
                heads,
                config.extent("ffn_dim"),
                config.extent("max_position_embeddings"),
                before,
                before && !config.flag("_remove_final_layer_norm", false),
                config.flag("enable_bias", true),
                config.activation("activation_function", "relu"));
    }

    @Override
    public String modelType() {
        return "opt";
    }

    @Override
    public List<ReadingMode> readings() {
        return List.of(ReadingMode.CAUSAL, ReadingMode.BIDIRECTIONAL, ReadingMode.ECHO);
    }

    @Override
    public BackboneSpec backbone(ReadingMode reading) {
        require(reading);
        int width = hidden / heads;
        boolean projected = wordWidth != hidden;
        return BackboneSpec.of(new StackSpec(
                new StackShape(
                        hidden,
                        heads,
                        heads,
                        width,
                        1 / Math.sqrt((double) width),
                        reading != ReadingMode.BIDIRECTIONAL,
                        new Norms(false, normBefore, EPSILON),
                        new FeedForward(activation, false)),
                new EmbeddingSpec(
                        words(),
                        Optional.of(new PositionTable(
                                TensorSpec.of(DECODER + "embed_positions.weight", maxPositions + OFFSET, hidden),
                                OFFSET,
                                Optional.empty())),
                        Optional.empty(),
                        projected
                                ? Optional.of(LinearSpec.of(DECODER + "project_in", hidden, wordWidth, false))
                                : Optional.empty()),
                new PositionScheme.Embedded(),
                IntStream.range(0, depth).mapToObj(this::layer).toList(),
                finalNorm ? Optional.of(NormSpec.layer(DECODER + "final_layer_norm", hidden)) : Optional.empty(),
                projected
                        ? Optional.of(LinearSpec.of(DECODER + "project_out", wordWidth, hidden, false))
                        : Optional.empty()));
    }

    private TensorSpec words() {
        return TensorSpec.of(DECODER + "embed_tokens.weight", vocabularySize, wordWidth);
    }

    private LayerSpec layer(int number) {
        String layer = DECODER + "layers." + number + ".";
        String attention = layer + "self_attn.";
        return new LayerSpec(
                Optional.of(NormSpec.layer(layer + "self_attn_layer_norm", hidden)),
                Attention.of(
                        square(attention + "q_proj").stack(square(attention + "k_proj"), square(attention + "v_proj")),
                        square(attention + "out_proj")),
                Optional.empty(),
                NormSpec.layer(layer + "final_layer_norm", hidden),
                LinearSpec.of(layer + "fc1", feedForward, hidden, biases),
                LinearSpec.of(layer + "fc2", hidden, feedForward, biases),
                false);
    }

    private LinearSpec square(String name) {
        return LinearSpec.of(name, hidden, hidden, biases);
    }

    @Override
    public ProjectionSpec projection(ReadingMode reading) {
        require(reading);
        return ProjectionSpec.plain(TensorSpec.of("lm_head.weight", vocabularySize, wordWidth));
    }

    @Override
    public String backbonePrefix() {
        return "model.";
    }

    @Override
    public List<String> unused(ReadingMode reading) {
        return List.of();
    }
}
