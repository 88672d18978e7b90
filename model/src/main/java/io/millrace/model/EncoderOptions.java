package io.millrace.model;

import java.util.OptionalInt;

/**
 * How to run a model; what it computes is the checkpoint's business, but for {@code maxTokens}.
 *
 * @param device where to run; {@code cpu} is supported
 * @param threads texts computed side by side, 1 to 1,024; as many as there are physical cores is a good choice
 * @param kernels which form of the model computes
 * @param maxTokens replaces the longest text of the contract, for both roles; the result is another space
 */
public record EncoderOptions(String device, int threads, Kernels kernels, OptionalInt maxTokens) {
    private static final int MAX_THREADS = 1_024;

    /** Which form of a model computes. All give the same vectors up to rounding. */
    public enum Kernels {
        /**
         * The fastest form that works: screened where that is found to pay, else fused, and plain, with a warning in the
         * log, where kernels do not load.
         */
        AUTO,
        /**
         * Fused kernels over packed weights, with certified screening of the vocabulary: 8-bit products and an error bound
         * rule terms out before they are computed. Sum pooling computes every logit.
         */
        SCREENED,
        /** Fused kernels over packed weights that compute every logit. */
        FUSED,
        /** Plain array operations: slower, and readable beside the paper. */
        PLAIN
    }

    /** Refuses devices and thread counts that cannot be. */
    public EncoderOptions {
        if (!device.equals("cpu")) {
            throw new IllegalArgumentException("device is '" + device + "', but the supported one is 'cpu'");
        }
        if (threads < 1 || threads > MAX_THREADS) {
            throw new IllegalArgumentException("threads is " + threads + ", but must be from 1 to " + MAX_THREADS);
        }
    }

    /** CPU, one thread a processor, the fastest form, the checkpoint's own lengths. */
    public static EncoderOptions defaults() {
        return new EncoderOptions("cpu", Runtime.getRuntime().availableProcessors(), Kernels.AUTO, OptionalInt.empty());
    }

    /** The same with another number of threads. */
    public EncoderOptions withThreads(int count) {
        return new EncoderOptions(device, count, kernels, maxTokens);
    }

    /** The same with another form of the model. */
    public EncoderOptions withKernels(Kernels form) {
        return new EncoderOptions(device, threads, form, maxTokens);
    }

    /** The same with another longest text, in tokens, for both roles. */
    public EncoderOptions withMaxTokens(int tokens) {
        return new EncoderOptions(device, threads, kernels, OptionalInt.of(tokens));
    }
}
