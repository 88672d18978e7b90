package io.millrace.model.architecture;

import java.util.Optional;

/**
 * A layer norm, or a root-mean-square norm, which never has a shift.
 *
 * @param scale [width]
 * @param shift [width], empty for none
 */
public record NormSpec(TensorSpec scale, Optional<TensorSpec> shift) {
    /** {@code name.weight} and {@code name.bias}. */
    public static NormSpec layer(String name, long width) {
        return new NormSpec(TensorSpec.of(name + ".weight", width), Optional.of(TensorSpec.of(name + ".bias", width)));
    }

    /** {@code name.weight} alone. */
    public static NormSpec scaleOnly(String name, long width) {
        return new NormSpec(TensorSpec.of(name + ".weight", width), Optional.empty());
    }
}
