package io.millrace.coordinator.encode;

import io.millrace.v1.DocumentSource;

/** What of a document is encoded. */
public final class SourceText {
    private SourceText() {}

    /**
     * The text that stands for a document.
     *
     * @param textOnly whether the collection leaves titles out; one without a text has its title encoded all the same
     */
    public static String of(DocumentSource source, boolean textOnly) {
        boolean textAlone =
                source.getTitle().isEmpty() || (textOnly && !source.getText().isBlank());
        return textAlone ? source.getText() : source.getTitle() + " " + source.getText();
    }
}
