package io.millrace.deploy.bench.search;

import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Seeded vectors that collide: few terms and few weights, so that scores tie. Some match nothing. */
final class SmallCollection {
    static final int VOCABULARY = 40;

    private static final float[] WEIGHTS = {.25f, .5f, .5f, 1f, 1.7f};

    private SmallCollection() {}

    static List<SparseVector> vectors(long seed, int count, int mostTerms) {
        Random random = new Random(seed);
        return IntStream.range(0, count)
                .mapToObj(row -> vector(random, random.nextInt(mostTerms + 1)))
                .toList();
    }

    static SparseMatrix matrix(List<SparseVector> rows) {
        return SparseMatrix.of(rows, VOCABULARY);
    }

    /** Writes the two files of a collection and reads them as the command does. */
    static SearchCollection write(Path folder, List<SparseVector> documents, List<SparseVector> queries)
            throws IOException {
        matrix(documents).write(folder.resolve(SearchCollection.DOCUMENTS));
        matrix(queries).write(folder.resolve(SearchCollection.QUERIES));
        return SearchCollection.read(folder, 0);
    }

    private static SparseVector vector(Random random, int terms) {
        float[] dense = new float[VOCABULARY];
        for (int i = 0; i < terms; i++) {
            dense[random.nextInt(VOCABULARY)] = WEIGHTS[random.nextInt(WEIGHTS.length)];
        }
        int[] ids = IntStream.range(0, VOCABULARY).filter(id -> dense[id] > 0).toArray();
        float[] values = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            values[i] = dense[ids[i]];
        }
        return new SparseVector(ids, values);
    }
}
