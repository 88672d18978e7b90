package io.millrace.model.architecture;

import io.millrace.model.architecture.LayerSpec.Attention;
import io.millrace.model.architecture.StackShape.FeedForward;
import io.millrace.model.architecture.StackShape.Norms;
import io.millrace.model.contract.ReadingMode;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * ModernBERT (Warner et al. 2024): norms before blocks, rotary positions, gated feed-forward blocks, and attention to a
 * window in all layers but each n-th.
 *
 * @param vocabularySize rows of the word embeddings
 * @param hidden width of states
 * @param depth number of layers
 * @param heads of each attention
 * @param feedForward width of the feed-forward blocks
 * @param maxPositions longest text
 * @param globalEvery each n-th layer, from the first on, sees the whole text
 * @param reach positions that the others see to each side
 * @param globalTheta base of rotation in layers that see the whole text
 * @param localTheta base of rotation in the others
 * @param biases which layers have them
 * @param epsilon added to variances
 * @param activation of the feed-forward blocks
 * @param headActivation of the masked-LM head
 */
public record ModernBertArchitecture(
        int vocabularySize,
        int hidden,
        int depth,
        int heads,
        int feedForward,
        int maxPositions,
        int globalEvery,
        int reach,
        double globalTheta,
        double localTheta,
        Biases biases,
        double epsilon,
        Activation activation,
        Activation headActivation)
        implements Architecture {

    /**
     * Which linear layers and norms have a bias.
     *
     * @param attention attention's
     * @param feedForward feed-forward blocks'
     * @param norm norms'
     * @param head the head's dense layer's
     * @param decoder the projection's
     */
    public record Biases(boolean attention, boolean feedForward, boolean norm, boolean head, boolean decoder) {}

    static ModernBertArchitecture read(ConfigJson config) {
        int hidden = config.extent("hidden_size");
        int heads = config.extent("num_attention_heads");
        config.headWidth("hidden_size", hidden, "num_attention_heads", heads);
        Optional<ConfigJson> rope = config.object("rope_parameters");
        double globalTheta = rope.flatMap(parameters -> parameters.object("full_attention"))
                .map(parameters -> theta(parameters, 160_000))
                .orElseGet(() -> config.positive("global_rope_theta", 160_000));
        double localTheta = rope.flatMap(parameters -> parameters.object("sliding_attention"))
                .map(parameters -> theta(parameters, 10_000))
                .orElseGet(
                        () -> config.given("local_rope_theta") ? config.positive("local_rope_theta", 1) : globalTheta);
        int depth = config.layers("num_hidden_layers");
        int globalEvery = config.extent("global_attn_every_n_layers", 3);
        config.requireLayerTypes(depth, layer -> layer % globalEvery != 0);
        return new ModernBertArchitecture(
                config.extent("vocab_size"),
                hidden,
                depth,
                heads,
                config.extent("intermediate_size"),
                config.extent("max_position_embeddings"),
                globalEvery,
                config.extent("local_attention", 128) / 2,
                globalTheta,
                localTheta,
                new Biases(
                        config.flag("attention_bias", false),
                        config.flag("mlp_bias", false),
                        config.flag("norm_bias", false),
                        config.flag("classifier_bias", false),
                        config.flag("decoder_bias", true)),
                config.epsilon("norm_eps", 1e-5),
                config.activation("hidden_activation", "gelu"),
                config.activation("classifier_activation", "gelu"));
    }

    private static double theta(ConfigJson rope, double otherwise) {
        rope.mustBe("rope_type", "default", "default");
        return rope.positive("rope_theta", otherwise);
    }

    @Override
    public String modelType() {
        return "modernbert";
    }

    @Override
    public List<ReadingMode> readings() {
        return List.of(ReadingMode.ENCODER);
    }

    @Override
    public BackboneSpec backbone(ReadingMode reading) {
        require(reading);
        int width = hidden / heads;
        return BackboneSpec.of(new StackSpec(
                new StackShape(
                        hidden,
                        heads,
                        heads,
                        width,
                        1 / Math.sqrt((double) width),
                        false,
                        new Norms(false, true, epsilon),
                        new FeedForward(activation, true)),
                new EmbeddingSpec(
                        TensorSpec.of("model.embeddings.tok_embeddings.weight", vocabularySize, hidden),
                        Optional.empty(),
                        Optional.of(norm("model.embeddings.norm")),
                        Optional.empty()),
                new PositionScheme.Rotary(
                        new Rotation(width, globalTheta, new Rotation.Scaling.None()),
                        Optional.of(new PositionScheme.Window(
                                new Rotation(width, localTheta, new Rotation.Scaling.None()), reach))),
                IntStream.range(0, depth).mapToObj(this::layer).toList(),
                Optional.of(norm("model.final_norm")),
                Optional.empty()));
    }

    private LayerSpec layer(int number) {
        String layer = "model.layers." + number + ".";
        return new LayerSpec(
                // The embeddings' own norm stands before the first layer.
                number == 0 ? Optional.empty() : Optional.of(norm(layer + "attn_norm")),
                Attention.of(
                        LinearSpec.of(layer + "attn.Wqkv", 3L * hidden, hidden, biases.attention()),
                        LinearSpec.of(layer + "attn.Wo", hidden, hidden, biases.attention())),
                Optional.empty(),
                norm(layer + "mlp_norm"),
                LinearSpec.of(layer + "mlp.Wi", 2L * feedForward, hidden, biases.feedForward()),
                LinearSpec.of(layer + "mlp.Wo", hidden, feedForward, biases.feedForward()),
                number % globalEvery != 0);
    }

    private NormSpec norm(String name) {
        return biases.norm() ? NormSpec.layer(name, hidden) : NormSpec.scaleOnly(name, hidden);
    }

    @Override
    public ProjectionSpec projection(ReadingMode reading) {
        require(reading);
        return new ProjectionSpec(
                Optional.of(new ProjectionSpec.Transform(
                        LinearSpec.of("head.dense", hidden, hidden, biases.head()),
                        headActivation,
                        norm("head.norm"),
                        epsilon)),
                TensorSpec.of("decoder.weight", vocabularySize, hidden),
                biases.decoder()
                        ? Optional.of(
                                new ProjectionSpec.Bias(TensorSpec.of("decoder.bias", vocabularySize), "decoder.bias"))
                        : Optional.empty(),
                1);
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
