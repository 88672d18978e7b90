package io.millrace.model.head;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.architecture.Activation;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.LinearPacker;
import io.millrace.model.engine.Precision;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The masked-LM head's weights as the kernels take them, the projection in slices of the vocabulary. */
final class PackedMlmHead implements AutoCloseable {
    /**
     * Terms of one slice: products of a slice should stay in cache until they are reduced, and each slice costs a call. With
     * 256 rows of 128 columns, 1,024 and 2,048 were fastest on a Zen core with AVX-512 (6.0 ms of CPU a text of 122 tokens,
     * screened); 4,096 took 6.5, and 512 with 512 rows 7.5.
     */
    static final int TILE = 1024;

    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final List<IValue> constants;

    /**
     * Brings the weights into the kernels' form, and takes over those that are used as they are.
     *
     * @param table the projection as plain rows, of which slices are used as they lie; packed rows are faster, but a second
     *     copy
     */
    PackedMlmHead(KernelLibrary kernels, MlmHeadWeights weights, HeadContract.Mlm contract, Optional<PtNDArray> table) {
        List<PtNDArray> biases = new ArrayList<>();
        for (int begin = 0; begin < contract.outputs(); begin += TILE) {
            biases.add(own(slice(weights.bias(), begin, Math.min(begin + TILE, contract.outputs()))));
        }
        this.constants = List.of(
                transform(kernels, weights),
                IValue.from(weights.transform()
                        .map(MlmHeadWeights.Transform::epsilon)
                        .orElse(0.0)),
                IValue.from(weights.transform()
                        .map(MlmHeadWeights.Transform::activation)
                        .orElse(Activation.GELU)
                        .kernelName()),
                table.map(rows -> slices(kernels, rows, contract.outputs()))
                        .orElseGet(() -> packed(kernels, weights.projection(), contract.outputs())),
                contract.pooling() == Pooling.MAX
                        ? IValue.from(own(slice(weights.bias(), 0, contract.outputs())))
                        : IValue.listFrom(biases.toArray(PtNDArray[]::new)),
                IValue.from(weights.scale() * contract.logits().scale()),
                IValue.from(contract.logits().shift()),
                IValue.from((long) contract.saturation().logarithms()));
    }

    private static IValue slices(KernelLibrary kernels, PtNDArray table, int outputs) {
        try (IValue rows = IValue.from(table);
                IValue count = IValue.from((long) outputs);
                IValue size = IValue.from((long) TILE)) {
            return kernels.callForValue("slices", rows, count, size);
        }
    }

    private IValue packed(KernelLibrary kernels, Projection projection, int outputs) {
        List<PtNDArray> tiles = new ArrayList<>();
        for (int begin = 0; begin < outputs; begin += TILE) {
            try (PtNDManager local = PyTorchRuntime.newManager()) {
                tiles.add(kernels.pack(projection.rows(begin, Math.min(begin + TILE, outputs), local), owner));
            }
        }
        return IValue.listFrom(tiles.toArray(PtNDArray[]::new));
    }

    /** Five slots, a linear layer and a norm, or none. */
    private IValue transform(KernelLibrary kernels, MlmHeadWeights weights) {
        if (weights.transform().isEmpty()) {
            return IValue.listFrom(new PtNDArray[0]);
        }
        MlmHeadWeights.Transform transform = weights.transform().get();
        PtNDArray[] dense =
                new LinearPacker(kernels).pack(transform.dense(), transform.denseBias(), Precision.FP32, owner);
        return IValue.listFrom(dense[0], dense[1], dense[2], own(transform.normScale()), own(transform.normShift()));
    }

    /** Rows [begin, end) of an array; shares its memory. */
    static PtNDArray slice(PtNDArray array, int begin, int end) {
        return (PtNDArray) array.get(begin + ":" + end);
    }

    private PtNDArray own(PtNDArray array) {
        array.attach(owner);
        return array;
    }

    /** Arguments of a head's kernel: what is given, then the weights. */
    IValue[] arguments(List<IValue> given, IValue... more) {
        return Stream.of(given.stream(), constants.stream(), Stream.of(more))
                .flatMap(values -> values)
                .toArray(IValue[]::new);
    }

    @Override
    public void close() {
        constants.forEach(IValue::close);
        owner.close();
    }
}
