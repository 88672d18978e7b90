package io.millrace.model;

import io.millrace.vector.SparseVector;
import java.util.List;

/**
 * A model that turns text into sparse vectors over its vocabulary.
 *
 * <p>Tokenising is safe from any thread and belongs off the inference thread; {@link #encode} is called by one thread at
 * a time. A text's vector does not depend on what else is in the batch.
 */
public interface SparseEncoder extends AutoCloseable {
    /** Name of the checkpoint, for people. */
    String name();

    /** Identity of the vector space: SHA-256, 64 lower-case hexadecimal characters. */
    String spaceId();

    /** Vocabulary size V; term ids lie in [0, V). */
    int vocabularySize();

    /** Longest text read, in tokens with special tokens. */
    int maxTokens(TextRole role);

    /** Where it runs, such as {@code cpu (2 threads)}. */
    String device();

    /** Tokenises texts, in order. */
    List<TokenizedText> tokenize(List<String> texts, TextRole role);

    /** Vectors of tokenised texts, in order. */
    List<SparseVector> encode(List<TokenizedText> batch, TextRole role);

    /** A term as the tokenizer spells it, such as {@code ##ology}. */
    String term(int termId);

    /** Frees the weights. Idempotent. */
    @Override
    void close();
}
