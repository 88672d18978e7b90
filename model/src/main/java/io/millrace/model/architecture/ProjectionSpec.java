package io.millrace.model.architecture;

import java.util.Optional;

/**
 * From states to logits over the vocabulary.
 *
 * @param transform of the states before it; empty for none
 * @param weight [V, H]; the word embeddings stand in where the checkpoint leaves it out
 * @param bias of each term; empty for none
 * @param scale factor of the logits
 */
public record ProjectionSpec(Optional<Transform> transform, TensorSpec weight, Optional<Bias> bias, double scale) {

    /**
     * A dense layer, its activation and a norm.
     *
     * @param dense [H, H]
     * @param activation after it
     * @param norm after that
     * @param epsilon of the norm
     */
    public record Transform(LinearSpec dense, Activation activation, NormSpec norm, double epsilon) {}

    /**
     * A bias that checkpoints hold under either of two names, or both.
     *
     * @param tensor [V]
     * @param otherName of the same parameter
     */
    public record Bias(TensorSpec tensor, String otherName) {}

    /** Nothing but a matrix, such as the head of a decoder. */
    public static ProjectionSpec plain(TensorSpec weight) {
        return new ProjectionSpec(Optional.empty(), weight, Optional.empty(), 1);
    }

    /** The same with other logits. */
    public ProjectionSpec withScale(double other) {
        return new ProjectionSpec(transform, weight, bias, other);
    }
}
