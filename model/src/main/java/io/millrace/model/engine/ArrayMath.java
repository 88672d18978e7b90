package io.millrace.model.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.architecture.Activation;
import org.jspecify.annotations.Nullable;

/** Functions that DJL's arrays lack or spell otherwise. Results belong to the first argument's owner. */
public final class ArrayMath {
    private ArrayMath() {}

    /** x Wᵀ + b, of x [..., in], W [out, in] and b [out], or no b. */
    public static NDArray linear(NDArray x, PtNDArray weight, @Nullable PtNDArray bias) {
        return JniUtils.linear((PtNDArray) x, weight, bias);
    }

    /** An activation that a configuration names. */
    public static NDArray activate(NDArray x, Activation activation) {
        return switch (activation) {
            case GELU -> ai.djl.nn.Activation.gelu(x);
            // 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))), Hendrycks and Gimpel 2016.
            case GELU_TANH -> {
                NDArray cubic = x.add(x.pow(3).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
                yield x.mul(0.5).mul(cubic.tanh().add(1));
            }
            case RELU -> ai.djl.nn.Activation.relu(x);
            case SILU -> x.mul(ai.djl.nn.Activation.sigmoid(x));
        };
    }

    /**
     * log(1 + x) for x ≥ 0 without losing small x: with u = 1 + x rounded, x log(u) / (u - 1), and x where u = 1 (Kahan).
     * A plain log(1 + x) turns weights below 6e-8 into zero.
     */
    public static NDArray log1p(NDArray x) {
        NDArray u = x.add(1);
        NDArray excess = u.sub(1);
        NDArray tiny = excess.eq(0);
        NDArray ratio = u.log().div(excess.maximum(Float.MIN_NORMAL));
        return NDArrays.where(tiny, x, x.mul(ratio));
    }

    /** log(1 + e^x) without overflow: max(x, 0) + log1p(e^-|x|). */
    public static NDArray softplus(NDArray x) {
        return x.maximum(0).add(log1p(x.abs().neg().exp()));
    }
}
