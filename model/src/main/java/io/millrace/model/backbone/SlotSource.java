package io.millrace.model.backbone;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.engine.LinearPacker.Inputs;
import java.util.List;
import java.util.Optional;

/** Where a stack's tensors come from, in the forms that kernels take. */
public interface SlotSource {
    /** A table that is looked up by row. */
    PtNDArray table(TensorSpec table);

    /** Any other array, in fp32. */
    PtNDArray array(TensorSpec tensor);

    /** The three slots of a linear layer. */
    List<PtNDArray> linear(LinearSpec linear, Inputs inputs);

    /**
     * Adapters of a linear layer that are computed beside it, because dropout leaves out some of what they read; those that
     * are not are merged into the layer's weight.
     *
     * @return empty for none
     */
    default Optional<LowRank> beside(LinearSpec linear) {
        return Optional.empty();
    }

    /**
     * Adapters of the modules of a linear layer.
     *
     * @param down A of each [modules r, in]
     * @param up α/r B of each [out, modules r], zeros where a module does not reach
     * @param modules number of adapters
     */
    record LowRank(PtNDArray down, PtNDArray up, int modules) {
        /** Number of {@link #slots}. */
        public static final int SLOTS = 3;

        /**
         * The slots of {@code adapted} in {@code kernels/learn.py}.
         *
         * @param drops what dropout leaves out of the input
         * @param batch the cells that are read
         * @param place of the layer in its stack
         * @param owner what new arrays are freed with
         */
        public List<PtNDArray> slots(Drops drops, TokenBatch batch, int place, PtNDManager owner) {
            return List.of(down, up, drops.ofAdapters(batch, place, this, owner));
        }
    }

    /** An array without elements, which stands for nothing. */
    PtNDArray none();
}
