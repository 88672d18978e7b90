package io.millrace.model.backbone;

import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import io.millrace.model.checkpoint.BertConfig;
import io.millrace.model.engine.Parameters;
import java.util.ArrayList;
import java.util.List;

/**
 * Weights of a BERT encoder, under the names of its Hugging Face checkpoints. H is the hidden width, F the feed-forward
 * width, V the vocabulary, P the positions.
 *
 * @param config shapes
 * @param words word embeddings [V, H]
 * @param types segment embeddings [S, H]; only the first row is used
 * @param positions position embeddings [P, H]
 * @param norm over the sum of the three
 * @param layers transformer layers, first to last
 */
public record BertWeights(
        BertConfig config, PtNDArray words, PtNDArray types, PtNDArray positions, Norm norm, List<Layer> layers) {

    /** Tensors of BERT checkpoints that a SPLADE vector does not depend on. */
    public static final List<String> UNUSED =
            List.of("bert.pooler.", "cls.seq_relationship.", "bert.embeddings.position_ids");

    /**
     * A layer norm.
     *
     * @param scale [H]
     * @param shift [H]
     */
    public record Norm(PtNDArray scale, PtNDArray shift) {}

    /**
     * A linear layer.
     *
     * @param weight [out, in]
     * @param bias [out]
     */
    public record Linear(PtNDArray weight, PtNDArray bias) {}

    /**
     * One transformer layer.
     *
     * @param attention queries, keys and values in one, [3H, H]
     * @param output of the attention [H, H]
     * @param attentionNorm after the attention
     * @param expand feed-forward in [F, H]
     * @param contract feed-forward out [H, F]
     * @param feedForwardNorm after the feed-forward
     */
    public record Layer(
            Linear attention,
            Linear output,
            Norm attentionNorm,
            Linear expand,
            Linear contract,
            Norm feedForwardNorm) {}

    /**
     * Reads all weights of the encoder.
     *
     * @throws io.millrace.model.InvalidModelException if one is missing or of another shape
     */
    public static BertWeights read(Parameters parameters, BertConfig config) {
        long hidden = config.hiddenSize();
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < config.layers(); i++) {
            layers.add(layer(parameters, "bert.encoder.layer." + i + ".", hidden, config.intermediateSize()));
        }
        return new BertWeights(
                config,
                parameters.array("bert.embeddings.word_embeddings.weight", config.vocabularySize(), hidden),
                parameters.array("bert.embeddings.token_type_embeddings.weight", config.segments(), hidden),
                parameters.array("bert.embeddings.position_embeddings.weight", config.maxPositions(), hidden),
                norm(parameters, "bert.embeddings.LayerNorm", hidden),
                List.copyOf(layers));
    }

    private static Layer layer(Parameters parameters, String prefix, long hidden, long intermediate) {
        Linear query = linear(parameters, prefix + "attention.self.query", hidden, hidden);
        Linear key = linear(parameters, prefix + "attention.self.key", hidden, hidden);
        Linear value = linear(parameters, prefix + "attention.self.value", hidden, hidden);
        Linear attention = new Linear(
                (PtNDArray) NDArrays.concat(new NDList(query.weight(), key.weight(), value.weight())),
                (PtNDArray) NDArrays.concat(new NDList(query.bias(), key.bias(), value.bias())));
        return new Layer(
                attention,
                linear(parameters, prefix + "attention.output.dense", hidden, hidden),
                norm(parameters, prefix + "attention.output.LayerNorm", hidden),
                linear(parameters, prefix + "intermediate.dense", intermediate, hidden),
                linear(parameters, prefix + "output.dense", hidden, intermediate),
                norm(parameters, prefix + "output.LayerNorm", hidden));
    }

    private static Linear linear(Parameters parameters, String name, long out, long in) {
        return new Linear(parameters.array(name + ".weight", out, in), parameters.array(name + ".bias", out));
    }

    private static Norm norm(Parameters parameters, String name, long size) {
        return new Norm(parameters.normScale(name, size), parameters.normShift(name, size));
    }
}
