package io.millrace.trainer.inspection;

import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.vector.SparseVector;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** An encoder without a model: each word is a term, and what becomes of a text's terms is up to a test. */
final class WordEncoder implements SparseEncoder {
    static final int TERMS = 4096;

    private final Function<int[], int[]> terms;

    WordEncoder(Function<int[], int[]> terms) {
        this.terms = terms;
    }

    @Override
    public String name() {
        return "words";
    }

    @Override
    public String spaceId() {
        return "0".repeat(64);
    }

    @Override
    public int vocabularySize() {
        return TERMS;
    }

    @Override
    public int maxTokens(TextRole role) {
        return 512;
    }

    @Override
    public boolean needsInference(TextRole role) {
        return false;
    }

    @Override
    public String device() {
        return "none";
    }

    @Override
    public List<TokenizedText> tokenize(List<String> texts, TextRole role) {
        return texts.stream()
                .map(text -> new TokenizedText(
                        Arrays.stream(text.toLowerCase(java.util.Locale.ROOT).split("\\W+"))
                                .filter(word -> !word.isEmpty())
                                .mapToInt(word -> Math.floorMod(word.hashCode() * 0x9E3779B9, TERMS))
                                .toArray(),
                        0))
                .toList();
    }

    @Override
    public List<SparseVector> encodePieces(List<int[]> pieces, TextRole role) {
        return pieces.stream().map(piece -> vector(terms.apply(piece))).toList();
    }

    private static SparseVector vector(int[] terms) {
        int[] ids = Arrays.stream(terms).sorted().distinct().toArray();
        float[] weights = new float[ids.length];
        Arrays.fill(weights, 1);
        return new SparseVector(ids, weights);
    }

    @Override
    public SparseVector join(TokenizedText text, List<SparseVector> pieces, TextRole role) {
        return pieces.getFirst();
    }

    @Override
    public String term(int termId) {
        return "t" + termId;
    }

    @Override
    public void close() {}
}
