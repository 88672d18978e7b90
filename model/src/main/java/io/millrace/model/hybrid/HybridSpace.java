package io.millrace.model.hybrid;

import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.model.checkpoint.Digests;
import io.millrace.model.lexical.Bm25;
import io.millrace.model.lexical.LexicalEncoder;
import io.millrace.vector.SparseVector;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The space of a model's vectors with lexical terms beside them. The model's ids lie below {@link #firstId}, lexical ones from
 * there on, so that the dot product of two vectors is the model's score plus, weighted, BM25:
 *
 * <ul>
 *   <li>a document's lexical weight is mixing weight · tf · (k1 + 1) / (tf + k1 · (1 − b + b · length / average length));
 *   <li>a query's is its tf here. Whoever knows the index multiplies it with idf, which is no part of the space: frequencies
 *       change with every document, and a query is weighted anew each time.
 * </ul>
 *
 * <p>The whole text is read, also what is beyond the model's longest input, up to {@value LexicalTerms#MAX_TERMS} terms. A text
 * most of whose letters are not Latin has no lexical terms: the model alone speaks for it. Immutable, safe for many threads.
 */
public final class HybridSpace {
    private final HybridSettings settings;
    private final LexicalIds ids;
    private final String spaceId;

    private HybridSpace(HybridSettings settings, LexicalIds ids, String spaceId) {
        this.settings = settings;
        this.ids = ids;
        this.spaceId = spaceId;
    }

    /** Whether a model has hybrid spaces; one whose terms are words already has none. */
    public static boolean fits(SparseEncoder model) {
        return !(model instanceof LexicalEncoder);
    }

    /** The space of a model under some settings. */
    public static HybridSpace of(SparseEncoder model, HybridSettings settings) {
        if (!fits(model)) {
            throw new IllegalArgumentException(model.name() + " has no hybrid spaces: its terms are words already");
        }
        LexicalIds ids = new LexicalIds(model.vocabularySize());
        Bm25 bm25 = settings.bm25();
        String identity = String.join(
                "\n",
                "millrace hybrid space 1",
                "model " + model.spaceId(),
                "analyzer " + LexicalTerms.ANALYZER + " of mostly latin texts, " + LexicalTerms.MAX_TERMS + " terms",
                "ids " + LexicalIds.RULE + ", first " + ids.first(),
                "k1 " + bm25.k1(),
                "b " + bm25.b(),
                "average length " + settings.averageLength(),
                "mixing weight " + settings.mixingWeight(),
                "");
        return new HybridSpace(settings, ids, Digests.ofText(identity));
    }

    /** Identity of the space: SHA-256, 64 lower-case hexadecimal characters. */
    public String spaceId() {
        return spaceId;
    }

    /** How lexical weights are made. */
    public HybridSettings settings() {
        return settings;
    }

    /** Name and version of the analyzer. */
    public String analyzer() {
        return LexicalTerms.ANALYZER;
    }

    /** Name of the rule that gives terms their ids. */
    public String idRule() {
        return LexicalIds.RULE;
    }

    /** The lowest id of a lexical term, unsigned: the size of the model's vocabulary. */
    public int firstId() {
        return ids.first();
    }

    /**
     * A text's vector in this space.
     *
     * @param learned the model's vector of it
     */
    public SparseVector add(SparseVector learned, String text, TextRole role) {
        List<String> words = LexicalTerms.of(text);
        if (words.isEmpty()) {
            return learned;
        }
        LexicalTerms terms = LexicalTerms.counted(words, ids, SparseVector.MAX_NON_ZEROS - learned.size());
        int at = learned.size();
        int[] allIds = Arrays.copyOf(learned.ids(), at + terms.ids().length);
        float[] weights = Arrays.copyOf(learned.weights(), allIds.length);
        for (int i = 0; i < terms.ids().length; i++, at++) {
            allIds[at] = terms.ids()[i];
            weights[at] = switch (role) {
                case DOCUMENT -> documentWeight(terms.counts()[i], terms.length());
                case QUERY -> terms.counts()[i];
            };
        }
        return new SparseVector(allIds, weights);
    }

    private float documentWeight(int tf, int length) {
        return (float) (settings.mixingWeight() * settings.bm25().saturation(tf, length, settings.averageLength()));
    }

    /** How the lexical terms of a text are spelt, by id; those that share an id stand side by side. */
    public Map<Integer, String> spellings(String text) {
        Map<Integer, String> spellings = new HashMap<>();
        for (String term : LexicalTerms.of(text).stream().distinct().toList()) {
            spellings.merge(ids.of(term), term, (one, other) -> one + " " + other);
        }
        return spellings;
    }
}
