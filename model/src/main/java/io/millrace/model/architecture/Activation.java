package io.millrace.model.architecture;

import java.util.Locale;

/** What follows the first linear layer of a feed-forward block or of a head's transform. */
public enum Activation {
    /** x Φ(x), by the error function. */
    GELU,
    /** GELU by its tanh approximation. */
    GELU_TANH,
    RELU,
    /** x σ(x). */
    SILU;

    /** As the kernels spell it. */
    public String kernelName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** As kernels take it where they take numbers alone. */
    public int kernelNumber() {
        return switch (this) {
            case GELU -> 0;
            case GELU_TANH -> 1;
            case RELU -> 2;
            case SILU -> 3;
        };
    }
}
