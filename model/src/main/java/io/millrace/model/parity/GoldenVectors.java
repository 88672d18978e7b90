package io.millrace.model.parity;

import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Texts of one role with their vectors in fp32. The vector of a text does not depend on what is encoded beside it, so batches
 * do not matter.
 *
 * @param role how the texts are encoded
 * @param texts at least one
 * @param vectors one for each text, in order
 */
public record GoldenVectors(TextRole role, List<String> texts, List<SparseVector> vectors) {
    /** Enough to keep threads busy, few enough for the memory of any model. */
    private static final int BATCH_TEXTS = 8;

    private static final int SHOWN_CHARS = 60;

    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if there are not as many vectors as texts
     */
    public GoldenVectors {
        texts = List.copyOf(texts);
        vectors = List.copyOf(vectors);
        if (texts.isEmpty() || texts.size() != vectors.size()) {
            throw new IllegalArgumentException(
                    texts.size() + " golden texts have " + vectors.size() + " vectors; give one vector for each text");
        }
    }

    /** What an encoder makes of texts. */
    public static GoldenVectors of(SparseEncoder encoder, TextRole role, List<String> texts) {
        return new GoldenVectors(role, texts, encode(encoder, role, texts));
    }

    /**
     * Holds an encoder against these vectors.
     *
     * @throws InvalidModelException naming the first text that is too far off
     */
    public Parity check(SparseEncoder encoder, ParityTolerance tolerance) {
        List<SparseVector> actual = encode(encoder, role, texts);
        float largest = 0;
        double smallest = 1;
        for (int i = 0; i < texts.size(); i++) {
            SparseVector golden = vectors.get(i);
            SparseVector found = actual.get(i);
            largest = Math.max(largest, difference(i, golden, found, tolerance));
            // The other way round sees the terms that the golden vector does not have.
            largest = Math.max(largest, difference(i, found, golden, tolerance));
            double cosine = cosine(golden, found);
            if (cosine < tolerance.minCosine()) {
                throw new InvalidModelException(String.format(
                        Locale.ROOT,
                        "%s has a vector whose cosine with the golden one is %.6f; at least %.6f is wanted",
                        name(i),
                        cosine,
                        tolerance.minCosine()));
            }
            smallest = Math.min(smallest, cosine);
        }
        return new Parity(texts.size(), largest, smallest);
    }

    private float difference(int text, SparseVector one, SparseVector other, ParityTolerance tolerance) {
        float largest = 0;
        for (int i = 0; i < one.size(); i++) {
            int term = one.ids()[i];
            float there = other.weight(term);
            float difference = Math.abs(one.weights()[i] - there);
            float allowed = there == 0 ? Math.min(tolerance.stray(), tolerance.difference()) : tolerance.difference();
            if (difference > allowed) {
                throw new InvalidModelException(String.format(
                        Locale.ROOT,
                        "%s has weights %s and %s for term %s, here and in the golden vectors in either order; they may"
                                + " differ by %s",
                        name(text),
                        one.weights()[i],
                        there,
                        Integer.toUnsignedString(term),
                        allowed));
            }
            largest = Math.max(largest, difference);
        }
        return largest;
    }

    private String name(int text) {
        String shown = texts.get(text);
        return "golden " + role.name().toLowerCase(Locale.ROOT) + " " + text + " ('"
                + (shown.length() > SHOWN_CHARS ? shown.substring(0, SHOWN_CHARS) + "…" : shown) + "')";
    }

    private static double cosine(SparseVector one, SparseVector other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.isEmpty() && other.isEmpty() ? 1 : 0;
        }
        return one.dot(other) / Math.sqrt(one.dot(one) * other.dot(other));
    }

    private static List<SparseVector> encode(SparseEncoder encoder, TextRole role, List<String> texts) {
        List<SparseVector> vectors = new ArrayList<>(texts.size());
        for (int from = 0; from < texts.size(); from += BATCH_TEXTS) {
            List<String> batch = texts.subList(from, Math.min(texts.size(), from + BATCH_TEXTS));
            vectors.addAll(encoder.encode(encoder.tokenize(batch, role), role));
        }
        return vectors;
    }
}
