package io.millrace.evaluation.beir;

/**
 * A document of a collection.
 *
 * @param id its {@code _id}
 * @param title title; may be empty
 * @param text text; may be empty
 */
public record BeirDocument(String id, String title, String text) {
    /** What is encoded of it, as the coordinator does: the title, a space and the text, without blanks around them. */
    public String content() {
        return (title + " " + text).strip();
    }
}
