package io.millrace.model.head.learned;

import ai.djl.pytorch.engine.PtNDArray;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.backbone.SlotSource;
import java.util.List;
import java.util.Optional;

/** The weights being learned, as one batch sees them. */
public interface HeadWeights {
    /** An array that gradients flow to. */
    PtNDArray array(TensorSpec tensor);

    /** The slots of a linear layer that gradients flow to: weight, no scale, bias. */
    List<PtNDArray> linear(LinearSpec linear);

    /** Adapters of a linear layer that are computed beside it, see {@link SlotSource#beside}. */
    Optional<SlotSource.LowRank> beside(LinearSpec linear);

    /** An array's values, of which nothing is recorded. */
    PtNDArray value(TensorSpec tensor);

    /** Where gradients of {@link #value} that were computed by hand are added; no elements if it is not learned. */
    PtNDArray gradient(TensorSpec tensor);

    /** Whether libtorch records how states come about: whether they depend on anything that is learned. */
    boolean recorded();

    /** An array without elements. */
    PtNDArray none();
}
