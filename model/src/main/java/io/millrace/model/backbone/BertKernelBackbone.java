package io.millrace.model.backbone;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.backbone.BertWeights.Layer;
import io.millrace.model.batch.PaddedBatch;
import io.millrace.model.checkpoint.BertConfig;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** BERT as one native call, its linear layers packed for oneDNN. */
public final class BertKernelBackbone implements Backbone {
    private final KernelLibrary kernels;
    private final BertConfig config;
    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final IValue embeddings;
    private final IValue layers;

    /** Packs the weights, and takes over those that are used as they are. */
    public BertKernelBackbone(KernelLibrary kernels, BertWeights weights) {
        this.kernels = kernels;
        this.config = weights.config();
        this.embeddings = IValue.listFrom(
                own(weights.words()),
                own(weights.types()),
                own(weights.positions()),
                own(weights.norm().scale()),
                own(weights.norm().shift()));
        List<PtNDArray> packed = new ArrayList<>();
        for (Layer layer : weights.layers()) {
            add(packed, layer.attention());
            add(packed, layer.output());
            add(packed, layer.attentionNorm());
            add(packed, layer.expand());
            add(packed, layer.contract());
            add(packed, layer.feedForwardNorm());
        }
        this.layers = IValue.listFrom(packed.toArray(PtNDArray[]::new));
    }

    private void add(List<PtNDArray> packed, BertWeights.Linear linear) {
        packed.add(kernels.pack(linear.weight(), owner));
        packed.add(own(linear.bias()));
    }

    private void add(List<PtNDArray> packed, BertWeights.Norm norm) {
        packed.add(own(norm.scale()));
        packed.add(own(norm.shift()));
    }

    private PtNDArray own(PtNDArray array) {
        array.attach(owner);
        return array;
    }

    @Override
    public PtNDArray hiddenStates(PaddedBatch batch, PtNDManager scope) {
        NDManager arrays = scope;
        PtNDArray ids = (PtNDArray) arrays.create(batch.ids(), new Shape(batch.size(), batch.width()));
        PtNDArray lengths = (PtNDArray) arrays.create(batch.lengths());
        String activation = config.activation().name().toLowerCase(Locale.ROOT);
        try (IValue idsValue = IValue.from(ids);
                IValue lengthsValue = IValue.from(lengths);
                IValue heads = IValue.from((long) config.attentionHeads());
                IValue epsilon = IValue.from(config.layerNormEpsilon());
                IValue activationValue = IValue.from(activation)) {
            return kernels.call(
                    scope, "bert", idsValue, lengthsValue, embeddings, layers, heads, epsilon, activationValue);
        }
    }

    @Override
    public void close() {
        embeddings.close();
        layers.close();
        owner.close();
    }
}
