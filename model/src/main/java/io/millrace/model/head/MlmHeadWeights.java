package io.millrace.model.head;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.InvalidModelException;
import io.millrace.model.architecture.Activation;
import io.millrace.model.architecture.ProjectionSpec;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.engine.Parameters;
import java.util.Arrays;
import java.util.Optional;

/**
 * Weights of a head that projects states to the vocabulary. H is the width of states, V the vocabulary.
 *
 * @param transform of states before the projection; empty for none
 * @param projection [V, H]; the word embeddings, unless the checkpoint has its own
 * @param bias of each term [V], zeros where the head has none
 * @param scale factor of logits
 */
public record MlmHeadWeights(Optional<Transform> transform, Projection projection, PtNDArray bias, double scale) {
    /** A bias that no product reaches up to; finite, because error bounds are computed from it. */
    private static final float DROPPED = -1e30f;

    /**
     * Dense layer, activation and norm.
     *
     * @param dense weight [H, H]
     * @param denseBias [H], zeros where the layer has none
     * @param activation after it
     * @param normScale [H]
     * @param normShift [H], zeros where the norm has none
     * @param epsilon of the norm
     */
    public record Transform(
            PtNDArray dense,
            PtNDArray denseBias,
            Activation activation,
            PtNDArray normScale,
            PtNDArray normShift,
            double epsilon) {}

    /**
     * Reads the head's weights.
     *
     * @param words word embeddings, used where the checkpoint ties the projection to them and leaves it out
     * @param owner what the arrays are freed with
     * @throws InvalidModelException if one is missing, of another shape, or stored twice with different values
     */
    public static MlmHeadWeights read(Parameters parameters, ProjectionSpec spec, TensorSpec words, PtNDManager owner) {
        boolean own = parameters.contains(spec.weight().name());
        if (!own && !words.shape().equals(spec.weight().shape())) {
            throw new InvalidModelException(
                    "the weights have no " + spec.weight().name() + ", and "
                            + words.name() + " of shape " + words.shape() + " cannot stand in for its "
                            + spec.weight().shape()
                            + "; use a checkpoint with a language-model head");
        }
        return new MlmHeadWeights(
                spec.transform().map(transform -> transform(parameters, transform, owner)),
                Projection.of(parameters, own ? spec.weight() : words),
                spec.bias()
                        .map(bias -> bias(parameters, bias, owner))
                        .orElseGet(() -> zeros(spec.weight().shape().getFirst(), owner)),
                spec.scale());
    }

    /** SPARTA's: the word embeddings, and a bias that all terms share but those that are dropped. */
    public static MlmHeadWeights sparta(
            Parameters parameters, HeadContract.Sparta contract, TensorSpec words, PtNDManager owner) {
        float[] bias = new float[Math.toIntExact(words.shape().getFirst())];
        if (!contract.bias().isEmpty()) {
            Arrays.fill(
                    bias,
                    parameters.array(new TensorSpec(contract.bias(), parameters.shape(contract.bias())), owner)
                            .toFloatArray()[0]);
        }
        contract.dropped().forEach(term -> bias[term] = DROPPED);
        PtNDArray biases = (PtNDArray) ((NDManager) owner).create(bias).duplicate();
        return new MlmHeadWeights(Optional.empty(), Projection.of(parameters, words), biases, 1);
    }

    /** The same over a table that is held anyway and has the projection's values. */
    public MlmHeadWeights over(PtNDArray table) {
        return new MlmHeadWeights(
                transform,
                new Projection(projection.parameters(), projection.tensor(), Optional.of(table)),
                bias,
                scale);
    }

    private static Transform transform(Parameters parameters, ProjectionSpec.Transform spec, PtNDManager owner) {
        long width = spec.dense().out();
        return new Transform(
                parameters.stacked(spec.dense().weights(), owner),
                spec.dense().biases().isEmpty()
                        ? zeros(width, owner)
                        : parameters.stacked(spec.dense().biases(), owner),
                spec.activation(),
                parameters.array(spec.norm().scale(), owner),
                spec.norm().shift().map(shift -> parameters.array(shift, owner)).orElseGet(() -> zeros(width, owner)),
                spec.epsilon());
    }

    private static PtNDArray zeros(long size, PtNDManager owner) {
        return (PtNDArray) ((NDManager) owner).zeros(new Shape(size));
    }

    private static PtNDArray bias(Parameters parameters, ProjectionSpec.Bias spec, PtNDManager owner) {
        TensorSpec other = new TensorSpec(spec.otherName(), spec.tensor().shape());
        if (!parameters.contains(other.name())) {
            return parameters.array(spec.tensor(), owner);
        }
        PtNDArray bias = parameters.array(other, owner);
        if (parameters.contains(spec.tensor().name())
                && !parameters.array(spec.tensor(), owner).contentEquals(bias)) {
            throw new InvalidModelException(
                    parameters.origin(other.name()) + ": " + spec.tensor().name() + " and "
                            + other.name()
                            + " are one parameter, but the weights hold two different values for it; save the model again with "
                            + "transformers");
        }
        return bias;
    }
}
