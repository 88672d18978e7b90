package io.millrace.model;

import io.millrace.model.device.CudaSupport;
import io.millrace.model.device.DeviceChoice;
import io.millrace.model.device.Placement;
import io.millrace.model.engine.Precision;
import io.millrace.model.engine.PyTorchRuntime;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * How to run a model; what it computes is the checkpoint's business, but for {@code maxTokens}.
 *
 * @param device where to run; heads and tables that need no kernels run on the CPU in any case
 * @param threads texts computed side by side on a CPU, 1 to 1,024; as many as there are physical cores is a good choice
 * @param kernels which form of the model computes
 * @param precision number format of linear layers
 * @param maxTokens replaces the longest text of the contract, for both roles; the result is another space
 * @param adapters directories of LoRA adapters to merge into the weights, in order; the result is another space
 */
public record EncoderOptions(
        DeviceChoice device,
        int threads,
        Kernels kernels,
        Precision precision,
        OptionalInt maxTokens,
        List<Path> adapters) {
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
        /**
         * Fused kernels over weights as they are stored, without oneDNN's layouts and products: how other devices than CPUs
         * compute, and what a CPU is compared with them by.
         */
        UNPACKED,
        /** Plain array operations: slower, and readable beside the paper. */
        PLAIN
    }

    /** Refuses thread counts that cannot be, and what no CUDA device computes. */
    public EncoderOptions {
        adapters = List.copyOf(adapters);
        if (device.kind() == DeviceChoice.Kind.CUDA) {
            precision.requireOnCuda();
            if (!onCuda(kernels)) {
                throw new IllegalArgumentException("kernels is " + kernels + " and device is " + device.label()
                        + ", but screened and plain kernels run on CPUs only; use auto, fused or unpacked");
            }
        }
        if (threads < 1 || threads > MAX_THREADS) {
            throw new IllegalArgumentException("threads is " + threads + ", but must be from 1 to " + MAX_THREADS);
        }
    }

    private static boolean onCuda(Kernels form) {
        return switch (form) {
            case AUTO, FUSED, UNPACKED -> true;
            case SCREENED, PLAIN -> false;
        };
    }

    /**
     * Where weights will lie. Starts libtorch, unless the device is the CPU.
     *
     * @throws IllegalArgumentException if there is no such device here, saying what is missing
     */
    public Placement placement() {
        return switch (device.kind()) {
            case CPU -> onCpu();
            case CUDA -> PyTorchRuntime.cuda().require(device.index());
            case AUTO -> {
                CudaSupport cuda = PyTorchRuntime.cuda();
                yield cuda.available() && precision.onCuda() && onCuda(kernels) ? cuda.require(0) : onCpu();
            }
        };
    }

    private Placement onCpu() {
        return kernels == Kernels.UNPACKED ? Placement.CPU_UNPACKED : Placement.CPU;
    }

    /** CPU, one thread a processor, the fastest form, the checkpoint's own lengths. */
    public static EncoderOptions defaults() {
        return new EncoderOptions(
                DeviceChoice.CPU,
                Runtime.getRuntime().availableProcessors(),
                Kernels.AUTO,
                Precision.FP32,
                OptionalInt.empty(),
                List.of());
    }

    /** The same on another device. */
    public EncoderOptions withDevice(DeviceChoice choice) {
        return new EncoderOptions(choice, threads, kernels, precision, maxTokens, adapters);
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
