package io.millrace.model.learning;

import io.millrace.model.head.learned.LearnedRow;
import io.millrace.model.head.learned.MissingTerms;
import io.millrace.vector.SparseMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/**
 * Vectors of a step's texts, and the way back from them. To be used by one thread; closed, or gone back through, before the
 * weights change.
 */
public final class Encoding implements AutoCloseable {
    private final Consumer<Slopes> back;
    private final List<Chunk> chunks;
    private final SparseMatrix vectors;

    private Encoding(Consumer<Slopes> back, List<Chunk> chunks, SparseMatrix vectors) {
        this.back = back;
        this.chunks = chunks;
        this.vectors = vectors;
    }

    /** Of texts that an encoder computed. */
    static Encoding of(LearnedEncoder encoder, List<Chunk> chunks, int texts, int columns) {
        LearnedRow[] rows = new LearnedRow[texts];
        // A text of which no position counts is the empty vector without any model.
        Arrays.fill(rows, LearnedRow.EMPTY);
        for (Chunk chunk : chunks) {
            for (int i = 0; i < chunk.rows().length; i++) {
                rows[chunk.rows()[i]] = chunk.vectors().get(i);
            }
        }
        return new Encoding(
                slopes -> encoder.backward(chunks, chunk -> slopes.of(chunk.rows())),
                chunks,
                matrix(List.of(rows), columns));
    }

    /**
     * Of texts whose weights come from their tokens alone.
     *
     * @param back takes the gradients of each row's weights
     */
    static Encoding ofTokens(List<LearnedRow> rows, int columns, Consumer<List<float[]>> back) {
        return new Encoding(slopes -> back.accept(slopes.weights()), List.of(), matrix(rows, columns));
    }

    private static SparseMatrix matrix(List<LearnedRow> rows, int columns) {
        return SparseMatrix.of(rows, columns, LearnedRow::terms, LearnedRow::weights);
    }

    /**
     * Gradients of vectors.
     *
     * @param weights of each vector's weights
     * @param missing of terms that each vector lacks
     */
    record Slopes(List<float[]> weights, List<MissingTerms> missing) {
        /** Those of some vectors. */
        Slopes of(int[] rows) {
            return new Slopes(
                    Arrays.stream(rows).mapToObj(weights::get).toList(),
                    Arrays.stream(rows).mapToObj(missing::get).toList());
        }
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
        backward(gradients, Collections.nCopies(vectors.rows(), MissingTerms.NONE));
    }

    /**
     * The same, with gradients of terms that the vectors lack, which can come back by them.
     *
     * @param missing of each text
     * @throws UnsupportedOperationException if the head cannot, see {@link LearningModel#bringsBack}
     */
    public void backward(float[] gradients, List<MissingTerms> missing) {
        if (gradients.length != vectors.weights().length) {
            throw new IllegalArgumentException("there are " + gradients.length + " gradients, but the vectors have "
                    + vectors.weights().length + " weights");
        }
        List<float[]> rows = new ArrayList<>();
        for (int row = 0; row < vectors.rows(); row++) {
            rows.add(Arrays.copyOfRange(gradients, vectors.offsets()[row], vectors.offsets()[row + 1]));
        }
        back.accept(new Slopes(rows, missing));
    }

    /** Frees what was remembered. Idempotent. */
    @Override
    public void close() {
        chunks.forEach(Chunk::forget);
    }
}
