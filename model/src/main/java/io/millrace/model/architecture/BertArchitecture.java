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
 * Encoders with learned positions and a norm after each block: BERT (Devlin et al. 2018), RoBERTa and XLM-RoBERTa, and
 * DistilBERT, which differ in names, in the first position and in whether there are segments.
 *
 * @param modelType family
 * @param vocabularySize rows of the word embeddings
 * @param hidden width of states
 * @param depth number of layers
 * @param heads of each attention
 * @param feedForward width of the feed-forward blocks
 * @param positionRows rows of the position table
 * @param firstPosition row of a text's first token
 * @param segments rows of the segment table; 0 = none
 * @param epsilon added to variances
 * @param activation of the feed-forward blocks
 * @param headActivation of the masked-LM head
 */
public record BertArchitecture(
        String modelType,
        int vocabularySize,
        int hidden,
        int depth,
        int heads,
        int feedForward,
        int positionRows,
        int firstPosition,
        int segments,
        double epsilon,
        Activation activation,
        Activation headActivation)
        implements Architecture {

    static BertArchitecture bert(ConfigJson config) {
        refuseOtherForms(config);
        Activation activation = config.activation("hidden_act", "gelu");
        return common(config, 0, activation, activation);
    }

    static BertArchitecture roberta(ConfigJson config) {
        refuseOtherForms(config);
        // Positions are counted from the padding id on, because fairseq kept that row free.
        int first = config.id("pad_token_id").orElse(1) + 1;
        if (first >= config.extent("max_position_embeddings")) {
            throw config.refused("pad_token_id", "it leaves no positions; the file is damaged");
        }
        // The head's activation is GELU whatever the body's is.
        return common(config, first, config.activation("hidden_act", "gelu"), Activation.GELU);
    }

    private static BertArchitecture common(ConfigJson config, int first, Activation body, Activation head) {
        int hidden = config.extent("hidden_size");
        int heads = config.extent("num_attention_heads");
        config.headWidth("hidden_size", hidden, "num_attention_heads", heads);
        return new BertArchitecture(
                config.text("model_type", ""),
                config.extent("vocab_size"),
                hidden,
                config.layers("num_hidden_layers"),
                heads,
                config.extent("intermediate_size"),
                config.extent("max_position_embeddings"),
                first,
                config.extent("type_vocab_size"),
                config.epsilon("layer_norm_eps", 1e-12),
                body,
                head);
    }

    static BertArchitecture distilBert(ConfigJson config) {
        int hidden = config.extent("dim");
        int heads = config.extent("n_heads");
        config.headWidth("dim", hidden, "n_heads", heads);
        Activation activation = config.activation("activation", "gelu");
        return new BertArchitecture(
                "distilbert",
                config.extent("vocab_size"),
                hidden,
                config.layers("n_layers"),
                heads,
                config.extent("hidden_dim"),
                config.extent("max_position_embeddings"),
                0,
                0,
                1e-12,
                activation,
                activation);
    }

    private static void refuseOtherForms(ConfigJson config) {
        config.mustBe("position_embedding_type", "absolute", "absolute");
        if (config.flag("is_decoder", false)) {
            throw config.refused("is_decoder", "only encoders of this family are supported");
        }
    }

    @Override
    public int maxPositions() {
        return positionRows - firstPosition;
    }

    @Override
    public List<ReadingMode> readings() {
        return List.of(ReadingMode.ENCODER);
    }

    private BertNames names() {
        return switch (modelType) {
            case "bert" -> BertNames.BERT;
            case "distilbert" -> BertNames.DISTILBERT;
            default -> BertNames.ROBERTA;
        };
    }

    @Override
    public BackboneSpec backbone(ReadingMode reading) {
        require(reading);
        String embeddings = names().prefix() + "embeddings.";
        PositionTable positions = new PositionTable(
                TensorSpec.of(embeddings + "position_embeddings.weight", positionRows, hidden),
                firstPosition,
                segments == 0
                        ? Optional.empty()
                        : Optional.of(TensorSpec.of(embeddings + "token_type_embeddings.weight", segments, hidden)));
        return BackboneSpec.of(new StackSpec(
                new StackShape(
                        hidden,
                        heads,
                        heads,
                        hidden / heads,
                        1 / Math.sqrt((double) hidden / heads),
                        false,
                        new Norms(false, false, epsilon),
                        new FeedForward(activation, false)),
                new EmbeddingSpec(
                        words(),
                        Optional.of(positions),
                        Optional.of(NormSpec.layer(embeddings + "LayerNorm", hidden)),
                        Optional.empty()),
                new PositionScheme.Embedded(),
                IntStream.range(0, depth).mapToObj(this::layer).toList(),
                Optional.empty(),
                Optional.empty()));
    }

    private TensorSpec words() {
        return TensorSpec.of(names().prefix() + "embeddings.word_embeddings.weight", vocabularySize, hidden);
    }

    private LayerSpec layer(int number) {
        BertNames names = names();
        String layer = names.prefix() + names.layers() + number + ".";
        return new LayerSpec(
                Optional.of(NormSpec.layer(layer + names.attentionNorm(), hidden)),
                Attention.of(
                        square(layer + names.query()).stack(square(layer + names.key()), square(layer + names.value())),
                        square(layer + names.output())),
                Optional.empty(),
                NormSpec.layer(layer + names.feedForwardNorm(), hidden),
                LinearSpec.of(layer + names.expand(), feedForward, hidden, true),
                LinearSpec.of(layer + names.contract(), hidden, feedForward, true),
                false);
    }

    private LinearSpec square(String name) {
        return LinearSpec.of(name, hidden, hidden, true);
    }

    @Override
    public ProjectionSpec projection(ReadingMode reading) {
        require(reading);
        BertNames names = names();
        return new ProjectionSpec(
                Optional.of(new ProjectionSpec.Transform(
                        square(names.transformDense()),
                        headActivation,
                        NormSpec.layer(names.transformNorm(), hidden),
                        // DistilBERT's and BERT's heads use the body's epsilon, and so does RoBERTa's.
                        epsilon)),
                TensorSpec.of(names.projection(), vocabularySize, hidden),
                Optional.of(new ProjectionSpec.Bias(TensorSpec.of(names.bias(), vocabularySize), names.otherBias())),
                1);
    }

    @Override
    public String backbonePrefix() {
        return names().prefix();
    }

    @Override
    public List<String> unused(ReadingMode reading) {
        return names().unused();
    }
}
