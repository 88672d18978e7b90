package io.millrace.model;

import io.millrace.model.engine.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * How to run a model; what it computes is the checkpoint's business, but for {@code maxTokens}.
 *
 * @param device where to run; {@code cpu} is supported
 * @param threads texts computed side by side, 1 to 1,024; as many as there are physical cores is a good choice
 * @param kernels which form of the model computes
 * @param precision number format of linear layers
 * @param maxTokens replaces the longest text of the contract, for both roles; the result is another space
 * @param adapters directories of LoRA adapters to merge into the weights, in order; the result is another space
 */
public record EncoderOptions(
        String device, int threads, Kernels kernels, Precision precision, OptionalInt maxTokens, List<Path> adapters) {
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
        adapters = List.copyOf(adapters);
        if (!device.equals("cpu")) {
            throw new IllegalArgumentException("device is '" + device + "', but the supported one is 'cpu'");
        }
        if (threads < 1 || threads > MAX_THREADS) {
            throw new IllegalArgumentException("threads is " + threads + ", but must be from 1 to " + MAX_THREADS);
        }
    }

    /** CPU, one thread a processor, the fastest form, the checkpoint's own lengths. */
    public static EncoderOptions defaults() {
        return new EncoderOptions(
                "cpu",
                Runtime.getRuntime().availableProcessors(),
                Kernels.AUTO,
                Precision.FP32,
                OptionalInt.empty(),
                List.of());
    }

    /** The same with another number of threads. */
    public EncoderOptions withThreads(int count) {
        return new EncoderOptions(device, count, kernels, precision, maxTokens, adapters);
    }

    /** The same with another form of the model. */
    public EncoderOptions withKernels(Kernels form) {
        return new EncoderOptions(device, threads, form, precision, maxTokens, adapters);
    }

    /** The same with another longest text, in tokens, for both roles. */
    public EncoderOptions withMaxTokens(int tokens) {
        return new EncoderOptions(device, threads, kernels, precision, OptionalInt.of(tokens), adapters);
    }

    /** The same in another number format. */
    public EncoderOptions withPrecision(Precision format) {
        return new EncoderOptions(device, threads, kernels, format, maxTokens, adapters);
    }

    /** The same with adapters to merge. */
    public EncoderOptions withAdapters(List<Path> directories) {
        return new EncoderOptions(device, threads, kernels, precision, maxTokens, directories);
    }
}
