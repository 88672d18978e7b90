package io.millrace.model.architecture;

import java.util.ArrayList;
import java.util.List;

/**
 * A linear layer, perhaps several of the checkpoint that read the same input and are computed as one.
 *
 * @param weights [out, in] each, to be stacked along the output
 * @param biases [out] each, in the order of the weights; empty for none
 */
public record LinearSpec(List<TensorSpec> weights, List<TensorSpec> biases) {
    /** Copies the lists. */
    public LinearSpec {
        weights = List.copyOf(weights);
        biases = List.copyOf(biases);
    }

    /** A layer {@code name.weight} [out, in], with {@code name.bias} [out] if it has one. */
    public static LinearSpec of(String name, long out, long in, boolean bias) {
        return new LinearSpec(
                List.of(TensorSpec.of(name + ".weight", out, in)),
                bias ? List.of(TensorSpec.of(name + ".bias", out)) : List.of());
    }

    /** This layer and further ones over the same input, as one. */
    public LinearSpec stack(LinearSpec... further) {
        List<TensorSpec> allWeights = new ArrayList<>(weights);
        List<TensorSpec> allBiases = new ArrayList<>(biases);
        for (LinearSpec layer : further) {
            allWeights.addAll(layer.weights);
            allBiases.addAll(layer.biases);
        }
        return new LinearSpec(allWeights, allBiases);
    }

    /** Width of the output. */
    public long out() {
        return weights.stream().mapToLong(weight -> weight.shape().getFirst()).sum();
    }

    /** Width of the input. */
    public long in() {
        return weights.getFirst().shape().get(1);
    }
}
