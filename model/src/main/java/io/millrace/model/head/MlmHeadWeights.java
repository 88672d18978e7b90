package io.millrace.model.head;

import ai.djl.pytorch.engine.PtNDArray;
import io.millrace.model.InvalidModelException;
import io.millrace.model.checkpoint.BertConfig;
import io.millrace.model.engine.Parameters;

/**
 * Weights of BERT's masked-LM head. H is the hidden width, V the vocabulary.
 *
 * @param config shapes, activation and epsilon of the transform
 * @param dense weight of the transform [H, H]
 * @param denseBias its bias [H]
 * @param normScale of the transform's layer norm [H]
 * @param normShift of the transform's layer norm [H]
 * @param projection to the vocabulary [V, H]; the word embeddings, unless the checkpoint has its own
 * @param bias of each term [V]
 */
public record MlmHeadWeights(
        BertConfig config,
        PtNDArray dense,
        PtNDArray denseBias,
        PtNDArray normScale,
        PtNDArray normShift,
        PtNDArray projection,
        PtNDArray bias) {
    private static final String DECODER = "cls.predictions.decoder.weight";
    private static final String BIAS = "cls.predictions.bias";
    private static final String DECODER_BIAS = "cls.predictions.decoder.bias";

    /**
     * Reads the head's weights.
     *
     * @param words word embeddings [V, H], used where the checkpoint ties the projection to them and leaves it out
     * @throws InvalidModelException if one is missing, of another shape, or stored twice with different values
     */
    public static MlmHeadWeights read(Parameters parameters, BertConfig config, PtNDArray words) {
        long hidden = config.hiddenSize();
        long vocabulary = config.vocabularySize();
        String transform = "cls.predictions.transform.";
        return new MlmHeadWeights(
                config,
                parameters.array(transform + "dense.weight", hidden, hidden),
                parameters.array(transform + "dense.bias", hidden),
                parameters.normScale(transform + "LayerNorm", hidden),
                parameters.normShift(transform + "LayerNorm", hidden),
                parameters.contains(DECODER) ? parameters.array(DECODER, vocabulary, hidden) : words,
                bias(parameters, vocabulary));
    }

    private static PtNDArray bias(Parameters parameters, long vocabulary) {
        if (!parameters.contains(DECODER_BIAS)) {
            return parameters.array(BIAS, vocabulary);
        }
        PtNDArray bias = parameters.array(DECODER_BIAS, vocabulary);
        if (parameters.contains(BIAS) && !parameters.array(BIAS, vocabulary).contentEquals(bias)) {
            throw new InvalidModelException(
                    BIAS + " and " + DECODER_BIAS + " are one parameter, but the weights hold two "
                            + "different values for it; save the model again with transformers");
        }
        return bias;
    }
}
