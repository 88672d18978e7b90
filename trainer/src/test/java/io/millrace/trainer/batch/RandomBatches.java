package io.millrace.trainer.batch;

import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Seeded batches for property tests; some rows are empty. */
public final class RandomBatches {
    private RandomBatches() {}

    /** Vectors of a batch, of up to 12 non-zeros a row. */
    public static TrainingVectors vectors(RandomGenerator random, int size, int group, int columns) {
        return new TrainingVectors(rows(random, size, columns), rows(random, size * group, columns), group);
    }

    /** Rows of up to 12 non-zeros. */
    public static SparseMatrix rows(RandomGenerator random, int count, int columns) {
        List<SparseVector> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] ids = random.ints(random.nextInt(13), 0, columns)
                    .sorted()
                    .distinct()
                    .toArray();
            float[] weights = new float[ids.length];
            for (int p = 0; p < weights.length; p++) {
                weights[p] = 0.05f + random.nextFloat();
            }
            rows.add(new SparseVector(ids, weights));
        }
        return SparseMatrix.of(rows, columns);
    }

    /** A teacher's scores for a batch. */
    public static double[] teacher(RandomGenerator random, TrainingVectors vectors) {
        return random.doubles(vectors.documents().rows(), -2, 2).toArray();
    }

    /** The same queries, each with its candidates, in another order. */
    public static TrainingVectors permuted(TrainingVectors vectors, int[] order) {
        int group = vectors.group();
        return new TrainingVectors(
                pick(vectors.queries(), order),
                pick(
                        vectors.documents(),
                        IntStream.of(order)
                                .flatMap(query -> IntStream.range(query * group, (query + 1) * group))
                                .toArray()),
                group);
    }

    /** Rows of a matrix, in this order. */
    public static SparseMatrix pick(SparseMatrix rows, int[] order) {
        return SparseMatrix.of(IntStream.of(order).mapToObj(rows::row).toList(), rows.columns());
    }

    /** A matrix with one weight changed. */
    public static SparseMatrix with(SparseMatrix rows, int place, float weight) {
        float[] weights = rows.weights().clone();
        weights[place] = weight;
        return new SparseMatrix(rows.columns(), rows.offsets(), rows.terms(), weights);
    }
}
