package io.millrace.model.backbone;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.architecture.PositionScheme;
import io.millrace.model.architecture.PositionScheme.Relative;
import io.millrace.model.architecture.PositionScheme.Rotary;
import io.millrace.model.architecture.Rotation;
import io.millrace.model.architecture.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What attention needs to know of positions, computed once a model.
 *
 * @param scheme of the stack
 * @param positions longest row of cells, P
 */
record PositionTables(PositionScheme scheme, int positions) {
    /** Cosines and sines [P, D] of global layers, then of local ones where there are any; nothing for other schemes. */
    List<PtNDArray> rotation(PtNDManager owner) {
        List<PtNDArray> tables = new ArrayList<>();
        if (scheme instanceof Rotary rotary) {
            add(tables, rotary.global(), owner);
            rotary.local().ifPresent(window -> add(tables, window.rotation(), owner));
        }
        return tables;
    }

    private void add(List<PtNDArray> tables, Rotation rotation, PtNDManager owner) {
        float[] frequencies = rotation.frequencies();
        int width = rotation.width();
        float[] cosines = new float[positions * width];
        float[] sines = new float[cosines.length];
        for (int p = 0; p < positions; p++) {
            for (int d = 0; d < width; d++) {
                // The angle is rounded to fp32 first, as the reference has it.
                float angle = p * frequencies[d % frequencies.length];
                cosines[p * width + d] = (float) Math.cos(angle);
                sines[p * width + d] = (float) Math.sin(angle);
            }
        }
        Shape shape = new Shape(positions, width);
        tables.add((PtNDArray) ((NDManager) owner).create(cosines, shape));
        tables.add((PtNDArray) ((NDManager) owner).create(sines, shape));
    }

    /** Positions that local layers see to each side, the own one not counted; -1 where there are no such layers. */
    int reach() {
        return scheme instanceof Rotary rotary
                ? rotary.local().map(PositionScheme.Window::reach).orElse(-1)
                : -1;
    }

    /**
     * Bias of each head by distance from -(P - 1) to P - 1, [A, 2P - 1]; no elements for other schemes.
     *
     * @param read gives T5's table [buckets, A]
     * @param owner what the result is freed with
     */
    PtNDArray bias(Function<TensorSpec, PtNDArray> read, PtNDManager owner) {
        if (!(scheme instanceof Relative relative)) {
            return (PtNDArray) owner.zeros(new Shape(0));
        }
        int[] buckets = new int[2 * positions - 1];
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = relative.bucket(i - (positions - 1));
        }
        // Looking rows up is an operation that gradients flow through, whereas indexing an array in DJL is not.
        PtNDArray places = (PtNDArray) ((NDManager) owner).create(buckets);
        PtNDArray rows = JniUtils.embedding(places, read.apply(relative.table()), false);
        rows.attach(owner);
        PtNDArray bias = rows.transpose();
        bias.attach(owner);
        return bias;
    }
}
