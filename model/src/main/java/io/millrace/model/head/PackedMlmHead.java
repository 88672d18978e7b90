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
import io.millrace.model.head.screening.Screening;
import io.millrace.model.head.screening.ScreeningLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** The masked-LM head's weights as the kernels take them. */
final class PackedMlmHead implements AutoCloseable {
    /**
     * Terms of one slice: products of a slice should stay in cache until they are reduced, and each slice costs a call. With
     * 256 rows of 128 columns, 1,024 and 2,048 were fastest on a Zen core with AVX-512 (6.0 ms of CPU a text of 122 tokens,
     * screened); 4,096 took 6.5, and 512 with 512 rows 7.5.
     */
    private static final int TILE = 1024;

    /** Terms of one slice on a device, where calls are what costs: a slice's products for 16,384 rows take 0.5 GB. */
    private static final int DEVICE_TILE = 8192;

    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final PtNDArray bias;
    /** What a logit lacks of a weight of 0. */
    private final double zero;

    private final IValue projection;
    private final List<IValue> constants;

    /**
     * With the projection in slices of the vocabulary: packed for oneDNN, or, where it is held as a table anyway, as they lie
     * in that, because a packed copy would be a second one.
     */
    PackedMlmHead(KernelLibrary kernels, MlmHeadWeights weights, HeadContract.Mlm contract, Precision precision) {
        this(
                kernels,
                weights,
                contract,
                precision,
                owner -> weights.projection()
                        .table()
                        .map(table -> lying(kernels, table, contract.outputs()))
                        .orElseGet(() -> packed(kernels, weights.projection(), contract.outputs(), owner)));
    }

    /** With the projection as rows, for kernels that look terms up by row: those of the table if there is one, else in fp32. */
    static PackedMlmHead plain(
            KernelLibrary kernels, MlmHeadWeights weights, HeadContract.Mlm contract, Precision precision) {
        return new PackedMlmHead(kernels, weights, contract, precision, owner -> {
            PtNDArray rows = weights.projection()
                    .table()
                    .orElseGet(() -> weights.projection().whole(owner));
            try (PtNDArray used = slice(rows, 0, contract.outputs())) {
                return IValue.from(used);
            }
        });
    }

    private PackedMlmHead(
            KernelLibrary kernels,
            MlmHeadWeights weights,
            HeadContract.Mlm contract,
            Precision precision,
            Function<PtNDManager, IValue> projection) {
        this.bias = kernels.place(slice(weights.bias(), 0, contract.outputs()), owner);
        this.zero =
                contract.logits().shift() / (weights.scale() * contract.logits().scale());
        this.projection = projection.apply(owner);
        this.constants = List.of(
                transform(kernels, weights, precision),
                IValue.from(weights.transform()
                        .map(MlmHeadWeights.Transform::epsilon)
                        .orElse(0.0)),
                IValue.from(weights.transform()
                        .map(MlmHeadWeights.Transform::activation)
                        .orElse(Activation.GELU)
                        .kernelName()),
                this.projection,
                contract.pooling() == Pooling.MAX
                        ? IValue.from(bias)
                        : IValue.listFrom(slices(bias, contract.outputs(), tile(kernels)).stream()
                                .map(this::own)
                                .toArray(PtNDArray[]::new)),
                IValue.from(weights.scale() * contract.logits().scale()),
                IValue.from(contract.logits().shift()),
                IValue.from((long) contract.saturation().logarithms()));
    }

    private static IValue lying(KernelLibrary kernels, PtNDArray table, int outputs) {
        try (IValue rows = IValue.from(table);
                IValue count = IValue.from((long) outputs);
                IValue size = IValue.from((long) tile(kernels))) {
            return kernels.callForValue("slices", rows, count, size);
        }
    }

    private static IValue packed(KernelLibrary kernels, Projection projection, int outputs, PtNDManager owner) {
        List<PtNDArray> tiles = new ArrayList<>();
        int tile = tile(kernels);
        for (int begin = 0; begin < outputs; begin += tile) {
            try (PtNDManager local = PyTorchRuntime.newManager()) {
                tiles.add(kernels.pack(projection.rows(begin, Math.min(begin + tile, outputs), local), owner));
            }
        }
        return IValue.listFrom(tiles.toArray(PtNDArray[]::new));
    }

    private static int tile(KernelLibrary kernels) {
        return kernels.placement().onHost() ? TILE : DEVICE_TILE;
    }

    private static List<PtNDArray> slices(PtNDArray array, int outputs, int tile) {
        List<PtNDArray> slices = new ArrayList<>();
        for (int begin = 0; begin < outputs; begin += tile) {
            slices.add(slice(array, begin, Math.min(begin + tile, outputs)));
        }
        return slices;
    }

    /** Screening of the terms of a plain projection; closed by the caller, before this. */
    Screening screening(KernelLibrary kernels, ScreeningLimits limits) {
        PtNDArray above = bias.add(zero);
        return new Screening(kernels, projection.toTensor(owner), own(above), limits);
    }

    /** Five slots, a linear layer and a norm, or none. */
    private IValue transform(KernelLibrary kernels, MlmHeadWeights weights, Precision precision) {
        if (weights.transform().isEmpty()) {
            return IValue.listFrom(new PtNDArray[0]);
        }
        MlmHeadWeights.Transform transform = weights.transform().get();
        // All terms depend on it: in 8 bits it alone loses twice as much as the stack does (cosine .9997 for .9999),
        // and there is
        // little of it.
        Precision held = precision == Precision.INT8 || precision == Precision.INT4 ? Precision.BF16 : Precision.FP32;
        PtNDArray[] dense = new LinearPacker(kernels).pack(transform.dense(), transform.denseBias(), held, owner);
        return IValue.listFrom(
                dense[0],
                dense[1],
                dense[2],
                kernels.place(transform.normScale(), owner),
                kernels.place(transform.normShift(), owner));
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

    /** Arguments of the kernel that transforms states. */
    IValue[] transforming(IValue hidden) {
        return Stream.concat(Stream.of(hidden), constants.stream().limit(3)).toArray(IValue[]::new);
    }

    @Override
    public void close() {
        constants.forEach(IValue::close);
        owner.close();
    }
}
