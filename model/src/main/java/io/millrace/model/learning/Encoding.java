package io.millrace.model.learning;

import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Vectors of a step's texts, and the way back from them. To be used by one thread; closed, or gone back through, before the
 * weights change.
 */
public final class Encoding implements AutoCloseable {
    private final LearnedEncoder encoder;
    private final List<Chunk> chunks;
    private final SparseMatrix vectors;

    Encoding(LearnedEncoder encoder, List<Chunk> chunks, int texts, int columns) {
        this.encoder = encoder;
        this.chunks = chunks;
        SparseVector[] rows = new SparseVector[texts];
        // A text of which no position counts is the empty vector without any model.
        Arrays.fill(rows, SparseVector.EMPTY);
        for (Chunk chunk : chunks) {
            for (int i = 0; i < chunk.rows().length; i++) {
                rows[chunk.rows()[i]] = chunk.vectors().get(i);
            }
        }
        this.vectors = SparseMatrix.of(List.of(rows), columns);
    }

    /** The vectors, in the order of the texts. */
    public SparseMatrix vectors() {
        return vectors;
    }

    /**
     * Adds the gradients of all weights. Once.
     *
     * @param gradients of the loss by each stored weight, in the order of {@link SparseMatrix#weights}
     */
    public void backward(float[] gradients) {
        if (gradients.length != vectors.weights().length) {
            throw new IllegalArgumentException("there are " + gradients.length + " gradients, but the vectors have "
                    + vectors.weights().length + " weights");
        }
        encoder.backward(chunks, chunk -> {
            List<float[]> parts = new ArrayList<>();
            for (int row : chunk.rows()) {
                parts.add(Arrays.copyOfRange(gradients, vectors.offsets()[row], vectors.offsets()[row + 1]));
            }
            return parts;
        });
    }

    /** Frees what was remembered. Idempotent. */
    @Override
    public void close() {
        chunks.forEach(Chunk::forget);
    }
}
