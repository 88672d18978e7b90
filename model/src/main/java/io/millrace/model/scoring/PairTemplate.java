package io.millrace.model.scoring;

/** What is put around the texts of a pair before they are tokenised. */
enum PairTemplate {
    /** Nothing: the tokenizer's own template separates them. */
    PLAIN("", "", ""),
    /** What RankLLaMA is trained with. */
    RANK_LLAMA("query: ", "document: ", "</s>");

    private final String beforeQuery;
    private final String beforeDocument;
    private final String afterDocument;

    PairTemplate(String beforeQuery, String beforeDocument, String afterDocument) {
        this.beforeQuery = beforeQuery;
        this.beforeDocument = beforeDocument;
        this.afterDocument = afterDocument;
    }

    /** Put after the document, and never cut off. */
    String suffix() {
        return afterDocument;
    }

    String query(TextPair pair) {
        return beforeQuery + pair.query();
    }

    String document(TextPair pair) {
        return beforeDocument + pair.document();
    }
}
