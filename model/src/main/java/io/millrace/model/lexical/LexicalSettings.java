package io.millrace.model.lexical;

/**
 * What a lexical model is made with, beside its corpus.
 *
 * @param name of the model, for people
 * @param analysis of texts
 * @param bm25 parameters
 */
public record LexicalSettings(String name, TextAnalysis analysis, Bm25 bm25) {
    /** Refuses an empty name. */
    public LexicalSettings {
        if (name.isBlank()) {
            throw new IllegalArgumentException("a model needs a name");
        }
    }
}
