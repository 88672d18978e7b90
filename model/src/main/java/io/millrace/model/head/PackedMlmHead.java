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
import java.util.stream.Stream;

/** The masked-LM head's weights as the kernels take them, the projection packed for oneDNN in slices of the vocabulary. */
final class PackedMlmHead implements AutoCloseable {
    /**
     * Terms of one slice: products of a slice should stay in cache until they are reduced, and each slice costs a call. With
     * 256 rows of 128 columns, 1,024 and 2,048 were fastest on a Zen core with AVX-512 (6.0 ms of CPU a text of 122 tokens,
     * screened); 4,096 took 6.5, and 512 with 512 rows 7.5.
     */
    static final int TILE = 1024;

    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final PtNDArray bias;
    /** What a logit lacks of a weight of 0. */
    private final double zero;

    private final IValue projection;
    private final List<IValue> constants;

    /** Packs the weights, and takes over those that are used as they are. */
    PackedMlmHead(KernelLibrary kernels, MlmHeadWeights weights, HeadContract.Mlm contract) {
        this(kernels, weights, contract, true);
    }

    /** With the projection as it is, for kernels that look terms up by row; a packed copy would be of the same size. */
    static PackedMlmHead plain(KernelLibrary kernels, MlmHeadWeights weights, HeadContract.Mlm contract) {
        return new PackedMlmHead(kernels, weights, contract, false);
    }

    private PackedMlmHead(KernelLibrary kernels, MlmHeadWeights weights, HeadContract.Mlm contract, boolean packed) {
        this.bias = own(slice(weights.bias(), 0, contract.outputs()));
        this.zero =
                contract.logits().shift() / (weights.scale() * contract.logits().scale());
        this.projection = packed
                ? IValue.listFrom(slices(weights.projection(), contract.outputs()).stream()
                        .map(slice -> kernels.pack(slice, owner))
                        .toArray(PtNDArray[]::new))
                : IValue.from(own(slice(weights.projection(), 0, contract.outputs())));
        this.constants = List.of(
                transform(kernels, weights),
                IValue.from(weights.transform()
                        .map(MlmHeadWeights.Transform::epsilon)
                        .orElse(0.0)),
                IValue.from(weights.transform()
                        .map(MlmHeadWeights.Transform::activation)
                        .orElse(Activation.GELU)
                        .kernelName()),
                projection,
                contract.pooling() == Pooling.MAX
                        ? IValue.from(bias)
                        : IValue.listFrom(slices(bias, contract.outputs()).stream()
                                .map(this::own)
                                .toArray(PtNDArray[]::new)),
                IValue.from(weights.scale() * contract.logits().scale()),
                IValue.from(contract.logits().shift()),
                IValue.from((long) contract.saturation().logarithms()));
    }

    private static List<PtNDArray> slices(PtNDArray array, int outputs) {
        List<PtNDArray> slices = new ArrayList<>();
        for (int begin = 0; begin < outputs; begin += TILE) {
            slices.add(slice(array, begin, Math.min(begin + TILE, outputs)));
        }
        return slices;
    }

    /** Screening of the terms of a plain projection; closed by the caller, before this. */
    Screening screening(KernelLibrary kernels, ScreeningLimits limits) {
        PtNDArray above = bias.add(zero);
        return new Screening(kernels, own(projection.toTensor(owner)), own(above), limits);
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
