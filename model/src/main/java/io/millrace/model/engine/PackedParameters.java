package io.millrace.model.engine;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.safetensors.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A checkpoint's weights in the form that kernels take them, read one at a time, so that no second copy of the model is ever
 * in memory, and held once, whatever number of stacks and heads use them. To be used by one thread, while the model loads.
 */
public final class PackedParameters implements AutoCloseable {
    private final Parameters plain;
    private final LinearPacker packer;
    private final Precision precision;
    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final Map<LinearSpec, PtNDArray[]> linears = new HashMap<>();
    private final Map<TensorSpec, PtNDArray> tables = new HashMap<>();

    /**
     * Over open weights; what is handed out lives until this is closed.
     *
     * @param plain the same as fp32 arrays
     * @param precision of linear layers
     */
    public PackedParameters(Parameters plain, LinearPacker packer, Precision precision) {
        this.plain = plain;
        this.packer = packer;
        this.precision = precision;
    }

    /** The same as fp32 arrays. */
    public Parameters plain() {
        return plain;
    }

    /** An array in fp32 where kernels compute, as {@link KernelLibrary#place}. */
    public PtNDArray place(PtNDArray array, PtNDManager target) {
        return packer.kernels().place(array, target);
    }

    /** A linear layer's slots, see {@link LinearPacker#pack}. */
    public PtNDArray[] linear(LinearSpec linear, LinearPacker.Inputs inputs) {
        return linears.computeIfAbsent(linear, layer -> {
            try (PtNDManager local = PyTorchRuntime.newManager()) {
                // Rounded while it is read, a weight takes half the memory until it is packed.
                TensorType as = switch (precision) {
                    case BF16 -> TensorType.BF16;
                    case FP16 -> TensorType.F16;
                    case FP32, INT8, INT4 -> TensorType.F32;
                };
                PtNDArray weight = array(layer.weights(), as, local);
                PtNDArray bias = layer.biases().isEmpty() ? null : plain.stacked(layer.biases(), local);
                return packer.pack(weight, bias, precision, inputs, owner);
            }
        });
    }

    /**
     * A table that is looked up by row, in the type it is stored in where that is a 16-bit one: nothing is lost, and half
     * the memory saved. Only kernels may look into it.
     */
    public PtNDArray table(TensorSpec table) {
        return tables.computeIfAbsent(
                table,
                missing -> packer.kernels()
                        .place(array(List.of(missing), heldAs(plain.exactType(missing.name())), owner), owner));
    }

    private static TensorType heldAs(TensorType stored) {
        return stored == TensorType.BF16 || stored == TensorType.F16 ? stored : TensorType.F32;
    }

    private PtNDArray array(List<TensorSpec> tensors, TensorType as, PtNDManager target) {
        Shape shape = Parameters.stackedShape(tensors);
        PtNDArray array = switch (as) {
            case BF16 -> bf16(shape, target);
            case F16 -> target.create(shape, DataType.FLOAT16);
            default -> target.create(shape, DataType.FLOAT32);
        };
        plain.fill(array, tensors, as);
        return array;
    }

    private PtNDArray bf16(Shape shape, PtNDManager target) {
        try (IValue extents = IValue.listFrom(shape.getShape())) {
            return packer.kernels().call(target, "empty_bf16", extents);
        }
    }

    /** Frees the weights. Idempotent. */
    @Override
    public void close() {
        owner.close();
    }
}
