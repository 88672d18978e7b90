package io.millrace.model.head;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.engine.Parameters;
import io.millrace.model.safetensors.TensorType;
import java.util.Optional;

/**
 * A projection [V, H] to the vocabulary, read some rows at a time while a head is made, so that it is never in memory twice.
 *
 * @param parameters whose files must still be open
 * @param tensor the projection's own, or the words' that it is tied to
 * @param table the same as a table that is held anyway, in the type it is stored in, for kernels only; empty for none
 */
public record Projection(Parameters parameters, TensorSpec tensor, Optional<PtNDArray> table) {
    /** Least size, as fp32, of a projection that is worth more as memory than as speed. */
    private static final long LARGE_BYTES = 64L << 20;

    /** A projection that nothing else holds. */
    static Projection of(Parameters parameters, TensorSpec tensor) {
        return new Projection(parameters, tensor, Optional.empty());
    }

    /** Rows [begin, end) as fp32. */
    PtNDArray rows(int begin, int end, PtNDManager owner) {
        return parameters.rows(tensor, begin, end, owner);
    }

    /** All rows as fp32. */
    public PtNDArray whole(PtNDManager owner) {
        return parameters.array(tensor, owner);
    }

    /**
     * Whether a second copy, packed for oneDNN, would take too much memory for what it gains: products of plain rows take 3
     * to 17 % longer, which is a few hundredths of the time of a text.
     */
    public boolean large() {
        return tensor.elements() * Float.BYTES >= LARGE_BYTES;
    }

    /** Whether it is held in fp32: screening looks terms up in it, and its bounds are proven for fp32. */
    public boolean wide() {
        TensorType stored = parameters.exactType(tensor.name());
        return table.isEmpty() || (stored != TensorType.BF16 && stored != TensorType.F16);
    }

    /** Width of states, H. */
    long width() {
        return tensor.shape().get(1);
    }
}
