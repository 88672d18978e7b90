package io.millrace.model.architecture;

import io.millrace.model.architecture.LayerSpec.Attention;
import io.millrace.model.architecture.LayerSpec.CrossAttention;
import io.millrace.model.architecture.StackShape.FeedForward;
import io.millrace.model.architecture.StackShape.Norms;
import io.millrace.model.contract.ReadingMode;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * T5 v1.0 (Raffel et al. 2020), v1.1 and Flan-T5: an encoder and a decoder with relative positions, root-mean-square norms
 * and no biases.
 *
 * @param vocabularySize rows of the shared word embeddings
 * @param hidden width of states
 * @param encoderDepth layers of the encoder
 * @param decoderDepth layers of the decoder
 * @param heads of each attention
 * @param headWidth width of a head; {@code heads * headWidth} need not be {@code hidden}
 * @param feedForward width and kind of the feed-forward blocks
 * @param buckets of distances
 * @param maxDistance from which on all distances share a bucket
 * @param scaled whether logits of the whole model are divided by √hidden, as they are where the projection is the word
 *     embeddings
 * @param start token that the decoder reads first
 * @param epsilon added to mean squares
 */
public record T5Architecture(
        int vocabularySize,
        int hidden,
        int encoderDepth,
        int decoderDepth,
        int heads,
        int headWidth,
        Blocks feedForward,
        int buckets,
        int maxDistance,
        boolean scaled,
        int start,
        double epsilon)
        implements Architecture {
    /** Longest text: relative positions have no limit of their own, so this one keeps attention's memory in bounds. */
    private static final int MAX_POSITIONS = 8_192;

    /**
     * Feed-forward blocks.
     *
     * @param width of the inner layer
     * @param activation after it, or after its gate
     * @param gated whether there is a gate
     */
    public record Blocks(int width, Activation activation, boolean gated) {}

    static T5Architecture read(ConfigJson config) {
        int encoderDepth = config.layers("num_layers");
        return new T5Architecture(
                config.extent("vocab_size"),
                config.extent("d_model"),
                encoderDepth,
                config.given("num_decoder_layers") ? config.layers("num_decoder_layers") : encoderDepth,
                config.extent("num_heads"),
                config.extent("d_kv"),
                blocks(config),
                config.extent("relative_attention_num_buckets", 32),
                config.extent("relative_attention_max_distance", 128),
                config.flag("scale_decoder_outputs", config.flag("tie_word_embeddings", true)),
                config.id("decoder_start_token_id").orElse(0),
                config.epsilon("layer_norm_epsilon", 1e-6));
    }

    private static Blocks blocks(ConfigJson config) {
        int width = config.extent("d_ff");
        return switch (config.text("feed_forward_proj", "relu")) {
            case "relu" -> new Blocks(width, Activation.RELU, false);
            case "gated-gelu" -> new Blocks(width, Activation.GELU_TANH, true);
            case "gated-silu" -> new Blocks(width, Activation.SILU, true);
            default -> throw config.refused("feed_forward_proj", "the supported ones are relu, gated-gelu, gated-silu");
        };
    }

    @Override
    public String modelType() {
        return "t5";
    }

    @Override
    public int maxPositions() {
        return MAX_POSITIONS;
    }

    @Override
    public Optional<Integer> decoderStart() {
        return Optional.of(start);
    }

    @Override
    public List<ReadingMode> readings() {
        return List.of(
                ReadingMode.ENCODER_DECODER_MULTI,
                ReadingMode.ENCODER_DECODER_SINGLE,
                ReadingMode.ENCODER,
                ReadingMode.DECODER);
    }

    @Override
    public BackboneSpec backbone(ReadingMode reading) {
        require(reading);
        return switch (reading) {
            case ENCODER -> BackboneSpec.of(stack("encoder", false, false));
            case DECODER -> BackboneSpec.of(stack("decoder", true, false));
            default -> new BackboneSpec(stack("decoder", true, true), Optional.of(stack("encoder", false, false)));
        };
    }

    private StackSpec stack(String name, boolean causal, boolean cross) {
        return new StackSpec(
                new StackShape(
                        hidden,
                        heads,
                        heads,
                        headWidth,
                        1,
                        causal,
                        new Norms(true, true, epsilon),
                        new FeedForward(feedForward.activation(), feedForward.gated())),
                EmbeddingSpec.words("shared.weight", vocabularySize, hidden),
                new PositionScheme.Relative(
                        TensorSpec.of(
                                name + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight", buckets, heads),
                        buckets,
                        maxDistance,
                        !causal),
                IntStream.range(0, causal ? decoderDepth : encoderDepth)
                        .mapToObj(number -> layer(name + ".block." + number + ".layer.", causal, cross))
                        .toList(),
                Optional.of(NormSpec.scaleOnly(name + ".final_layer_norm", hidden)),
                Optional.empty());
    }

    private LayerSpec layer(String block, boolean decoder, boolean cross) {
        String self = block + "0.SelfAttention.";
        String over = block + "1.EncDecAttention.";
        String fed = block + (decoder ? "2." : "1.");
        long inner = (long) heads * headWidth;
        Optional<CrossAttention> crossAttention = cross
                ? Optional.of(new CrossAttention(
                        NormSpec.scaleOnly(block + "1.layer_norm", hidden),
                        LinearSpec.of(over + "q", inner, hidden, false),
                        LinearSpec.of(over + "k", inner, hidden, false)
                                .stack(LinearSpec.of(over + "v", inner, hidden, false)),
                        LinearSpec.of(over + "o", hidden, inner, false)))
                : Optional.empty();
        return new LayerSpec(
                Optional.of(NormSpec.scaleOnly(block + "0.layer_norm", hidden)),
                Attention.of(
                        LinearSpec.of(self + "q", inner, hidden, false)
                                .stack(
                                        LinearSpec.of(self + "k", inner, hidden, false),
                                        LinearSpec.of(self + "v", inner, hidden, false)),
                        LinearSpec.of(self + "o", hidden, inner, false)),
                crossAttention,
                NormSpec.scaleOnly(fed + "layer_norm", hidden),
                expand(fed + "DenseReluDense."),
                LinearSpec.of(fed + "DenseReluDense.wo", hidden, feedForward.width(), false),
                false);
    }

    private LinearSpec expand(String block) {
        return feedForward.gated()
                ? LinearSpec.of(block + "wi_0", feedForward.width(), hidden, false)
                        .stack(LinearSpec.of(block + "wi_1", feedForward.width(), hidden, false))
                : LinearSpec.of(block + "wi", feedForward.width(), hidden, false);
    }

    /** Only the whole model scales its logits: the reference's encoder-only and decoder-only forms call the head bare. */
    @Override
    public ProjectionSpec projection(ReadingMode reading) {
        require(reading);
        boolean whole = reading == ReadingMode.ENCODER_DECODER_MULTI || reading == ReadingMode.ENCODER_DECODER_SINGLE;
        ProjectionSpec plain = ProjectionSpec.plain(TensorSpec.of("lm_head.weight", vocabularySize, hidden));
        return whole && scaled ? plain.withScale(1 / Math.sqrt((double) hidden)) : plain;
    }

    @Override
    public String backbonePrefix() {
        return "";
    }

    @Override
    public List<String> unused(ReadingMode reading) {
        return switch (reading) {
            case ENCODER -> List.of("decoder.", "encoder.embed_tokens.");
            case DECODER ->
                Stream.concat(
                                Stream.of("encoder.", "decoder.embed_tokens."),
                                IntStream.range(0, decoderDepth)
                                        .mapToObj(number -> "decoder.block." + number + ".layer.1."))
                        .toList();
            default ->
                List.of(
                        "encoder.embed_tokens.",
                        "decoder.embed_tokens.",
                        // Published T5 v1.0 checkpoints hold a table that no version of the model reads.
                        "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.");
        };
    }
}
