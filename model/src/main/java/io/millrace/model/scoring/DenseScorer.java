package io.millrace.model.scoring;

import io.millrace.model.EncoderOptions;
import io.millrace.model.TextRole;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A bi-encoder as a scorer: the cosine or the dot product of the vectors of query and document, whichever the model says.
 * Of texts that stand in several pairs of one call, each is encoded once. Safe for many threads.
 */
public final class DenseScorer implements Scorer {
    private static final float[] NOTHING = {};

    private final DenseEncoder encoder;

    private DenseScorer(DenseEncoder encoder) {
        this.encoder = encoder;
    }

    /**
     * Loads a bi-encoder, see {@link DenseEncoder#open}.
     *
     * @throws IOException if a file cannot be read
     */
    public static DenseScorer open(Path directory, EncoderOptions options) throws IOException {
        return new DenseScorer(DenseEncoder.open(directory, options));
    }

    @Override
    public float[] score(List<TextPair> pairs) {
        Map<String, float[]> queries = vectors(pairs, TextPair::query, TextRole.QUERY);
        Map<String, float[]> documents = vectors(pairs, TextPair::document, TextRole.DOCUMENT);
        float[] scores = new float[pairs.size()];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = similarity(
                    queries.getOrDefault(pairs.get(i).query(), NOTHING),
                    documents.getOrDefault(pairs.get(i).document(), NOTHING));
        }
        return scores;
    }

    private Map<String, float[]> vectors(List<TextPair> pairs, Function<TextPair, String> text, TextRole role) {
        Set<String> distinct = new LinkedHashSet<>();
        pairs.forEach(pair -> distinct.add(text.apply(pair)));
        List<String> texts = new ArrayList<>(distinct);
        float[][] encoded = encoder.encode(texts, role);
        Map<String, float[]> vectors = HashMap.newHashMap(encoded.length);
        for (int i = 0; i < encoded.length; i++) {
            vectors.put(texts.get(i), encoded[i]);
        }
        return vectors;
    }

    private float similarity(float[] query, float[] document) {
        double dot = dot(query, document);
        return switch (encoder.layout().similarity()) {
            case DOT -> (float) dot;
            case COSINE -> {
                double lengths = Math.sqrt(dot(query, query) * dot(document, document));
                yield (float) (lengths > 0 ? dot / lengths : 0);
            }
        };
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int h = 0; h < a.length; h++) {
            sum += (double) a[h] * b[h];
        }
        return sum;
    }

    /** Frees the weights; calls that run must have ended. Idempotent. */
    @Override
    public void close() {
        encoder.close();
    }
}
