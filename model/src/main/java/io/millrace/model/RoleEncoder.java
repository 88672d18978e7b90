package io.millrace.model;

import io.millrace.model.pruning.InputTerms;
import io.millrace.model.pruning.LargestWeights;
import io.millrace.model.pruning.Pruning;
import io.millrace.model.tokenizer.TextReader;
import io.millrace.vector.SparseVector;
import java.util.List;
import java.util.Optional;

/**
 * The way of one role's texts: tokens, vectors of pieces, one vector, what of it is kept.
 *
 * @param reader text to tokens
 * @param inputTerms terms of the text itself; empty if pruning does not ask for them
 * @param pieces tokens to vectors
 * @param inference whether that takes a model, rather than a table
 * @param pruning of the joined vector
 */
record RoleEncoder(
        TextReader reader, Optional<InputTerms> inputTerms, PieceEncoder pieces, boolean inference, Pruning pruning) {

    List<TokenizedText> tokenize(List<String> texts) {
        return texts.stream().map(this::tokenize).toList();
    }

    private TokenizedText tokenize(String text) {
        TokenizedText read = reader.read(text);
        return inputTerms.map(terms -> read.withInputTerms(terms.of(text))).orElse(read);
    }

    SparseVector join(TokenizedText text, List<SparseVector> vectors) {
        return pruning.prune(LargestWeights.of(vectors), text.inputTerms());
    }
}
