package io.millrace.model.adapter;

import io.millrace.model.safetensors.TensorInfo;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A low-rank change of one weight W [rows, columns]: scale · L · R with L [rows, r] and R [r, columns]. For a linear layer
 * L is {@code lora_B} and R is {@code lora_A}; for an embedding L is the transpose of {@code lora_embedding_A} [r, rows]
 * and R that of {@code lora_embedding_B} [columns, r].
 *
 * @param adapter file with both factors
 * @param a name of A, whose first extent is r
 * @param b name of B
 * @param embedding whether the factors are those of an embedding
 * @param scale factor of the product
 */
record LowRankProduct(TensorSource adapter, String a, String b, boolean embedding, float scale) {
    /** Whether the factors' shapes give a change of a weight's shape at a rank. */
    boolean fits(TensorInfo weight, long rank) {
        if (weight.shape().size() != 2) {
            return false;
        }
        long rows = weight.shape().getFirst();
        long columns = weight.shape().getLast();
        return adapter.info(a).shape().equals(List.of(rank, embedding ? rows : columns))
                && adapter.info(b).shape().equals(List.of(embedding ? columns : rows, rank));
    }

    /** Reads what all rows of a weight that is not empty need: R, and the L of an embedding, which lies by columns. */
    LowRankFactors load() {
        int rank = Math.toIntExact(adapter.info(a).rows());
        float[] values =
                read(embedding ? b : a, 0, adapter.info(embedding ? b : a).rows());
        int columns = values.length / rank;
        float[][][] right = LowRankFactors.blocks(
                rank, columns, (k, j) -> embedding ? values[j * rank + k] : values[k * columns + j]);
        return new LowRankFactors(this, rank, right, embedding ? read(a, 0, rank) : new float[0]);
    }

    /** Reads rows of a factor. */
    float[] read(String tensor, long beginRow, long endRow) {
        float[] values = new float[Math.toIntExact(adapter.info(tensor).elements(beginRow, endRow))];
        adapter.read(tensor, beginRow, endRow, TensorType.F32, MemorySegment.ofArray(values));
        return values;
    }
}
