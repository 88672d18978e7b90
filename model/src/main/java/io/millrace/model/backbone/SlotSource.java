package io.millrace.model.backbone;

import ai.djl.pytorch.engine.PtNDArray;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.engine.LinearPacker.Inputs;
import java.util.List;

/** Where a stack's tensors come from, in the forms that kernels take. */
public interface SlotSource {
    /** A table that is looked up by row. */
    PtNDArray table(TensorSpec table);

    /** Any other array, in fp32. */
    PtNDArray array(TensorSpec tensor);

    /** The three slots of a linear layer. */
    List<PtNDArray> linear(LinearSpec linear, Inputs inputs);

    /** An array without elements, which stands for nothing. */
    PtNDArray none();
}
