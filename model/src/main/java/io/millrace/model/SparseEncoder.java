package io.millrace.model;

import io.millrace.model.head.screening.ScreeningReport;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A model that turns text into sparse vectors over its vocabulary.
 *
 * <p>A text is tokenised into one piece, or, where the contract allows it and the text is long, into several; each piece has
 * a vector, and the text's is what they are joined and pruned to. Whoever batches works on pieces, so that a long text counts
 * as what it costs.
 *
 * <p>Safe for many threads. Tokenising belongs off the thread that waits for {@link #encodePieces}; calls of the latter may
 * overlap, queries ahead of documents. A text's vector does not depend on what else is in the batch.
 */
public interface SparseEncoder extends AutoCloseable {
    /** Name of the checkpoint, for people. */
    String name();

    /** Identity of the vector space: SHA-256, 64 lower-case hexadecimal characters. */
    String spaceId();

    /** Vocabulary size V; term ids lie in [0, V). */
    int vocabularySize();

    /** Longest piece of a text read at once, in tokens with special tokens. */
    int maxTokens(TextRole role);

    /** Whether texts of a role run through a model; if not, their vectors cost no more than tokenising them. */
    boolean needsInference(TextRole role);

    /** Where it runs, such as {@code cpu (2 threads)}. */
    String device();

    /** What screening of terms has done so far for texts of a role; empty where terms are never screened. */
    default Optional<ScreeningReport> screening(TextRole role) {
        return Optional.empty();
    }

    /** Tokenises texts, in order. */
    List<TokenizedText> tokenize(List<String> texts, TextRole role);

    /** Vectors of pieces, in order, not yet joined or pruned. */
    List<SparseVector> encodePieces(List<int[]> pieces, TextRole role);

    /**
     * The vector of a text.
     *
     * @param pieces vectors of its pieces, in order
     */
    SparseVector join(TokenizedText text, List<SparseVector> pieces, TextRole role);

    /** Vectors of tokenised texts, in order. */
    default List<SparseVector> encode(List<TokenizedText> texts, TextRole role) {
        List<SparseVector> pieces = encodePieces(
                texts.stream().flatMap(text -> text.pieces().stream()).toList(), role);
        List<SparseVector> vectors = new ArrayList<>(texts.size());
        int from = 0;
        for (TokenizedText text : texts) {
            int to = from + text.pieces().size();
            vectors.add(join(text, pieces.subList(from, to), role));
            from = to;
        }
        return vectors;
    }

    /** A term as the tokenizer spells it, such as {@code ##ology}. */
    String term(int termId);

    /** Frees the weights. Idempotent. */
    @Override
    void close();
}
