package io.millrace.index.shard;

import io.millrace.vector.SparseVector;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Seeded random vectors, made to collide: few terms, few distinct weights, ids on both sides of 2^31. */
public final class Corpora {
    private static final float[] WEIGHTS = {.25f, .5f, 1f, 1.5f, 2f, 3f, .1f, .3333f};

    private Corpora() {}

    /** A vector of up to {@code maxTerms} terms out of {@code vocabulary}; now and then an empty one. */
    public static SparseVector vector(Random random, int vocabulary, int maxTerms) {
        int size = random.nextInt(maxTerms + 1);
        TreeMap<Integer, Float> entries = new TreeMap<>(Integer::compareUnsigned);
        for (int i = 0; i < size; i++) {
            entries.put(term(random.nextInt(vocabulary)), WEIGHTS[random.nextInt(WEIGHTS.length)]);
        }
        return vector(entries);
    }

    /** A vector of the shape that a SPLADE model makes: {@code terms} terms, frequent ones more often. */
    public static SparseVector realistic(Random random, int vocabulary, int terms) {
        TreeMap<Integer, Float> entries = new TreeMap<>(Integer::compareUnsigned);
        while (entries.size() < terms) {
            // Cubing skews towards low ids as text does towards common words.
            double u = random.nextDouble();
            entries.put((int) (u * u * u * vocabulary), (float)
                    Math.min(3, .02 - .6 * Math.log(1 - random.nextDouble())));
        }
        return vector(entries);
    }

    /** The n-th term of the colliding vocabulary: every other one is at or above 2^31. */
    public static int term(int n) {
        return (n & 1) == 0 ? n * 7 : 0x8000_0000 + n * 7_777_777;
    }

    /**
     * A vector of the shape that a hybrid space makes: {@link #realistic} terms of a model with a vocabulary of 30,522, and
     * {@code words} others anywhere above it, up to 2^32 - 1.
     */
    public static SparseVector hybrid(Random random, int terms, int words) {
        SparseVector learned = realistic(random, 30_522, terms);
        TreeMap<Integer, Float> entries = new TreeMap<>(Integer::compareUnsigned);
        for (int i = 0; i < learned.size(); i++) {
            entries.put(learned.ids()[i], learned.weights()[i]);
        }
        while (entries.size() < terms + words) {
            double u = random.nextDouble();
            entries.put(word((int) (u * u * u * 20_000)), (float) (1.5 * 2.2 / (1 + 1.2 * (.3 + random.nextDouble()))));
        }
        return vector(entries);
    }

    /** Id of the n-th word: the first ones are the highest ids there are. */
    public static int word(int n) {
        return n < 8 ? -1 - n : 30_522 + n * 214_000;
    }

    private static SparseVector vector(Map<Integer, Float> entries) {
        int[] ids = new int[entries.size()];
        float[] weights = new float[ids.length];
        int i = 0;
        for (var entry : entries.entrySet()) {
            ids[i] = entry.getKey();
            weights[i++] = entry.getValue();
        }
        return new SparseVector(ids, weights);
    }
}
