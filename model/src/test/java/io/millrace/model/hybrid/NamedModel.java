package io.millrace.model.hybrid;

import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.vector.SparseVector;
import java.util.List;

/** A model of which only the space and the vocabulary matter. */
record NamedModel(String spaceId, int vocabularySize) implements SparseEncoder {
    static final NamedModel BERT = new NamedModel("ab".repeat(32), 30_522);

    @Override
    public String name() {
        return "named";
    }

    @Override
    public int maxTokens(TextRole role) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean needsInference(TextRole role) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String device() {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<TokenizedText> tokenize(List<String> texts, TextRole role) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<SparseVector> encodePieces(List<int[]> pieces, TextRole role) {
        throw new UnsupportedOperationException();
    }

    @Override
    public SparseVector join(TokenizedText text, List<SparseVector> pieces, TextRole role) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String term(int termId) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
