package io.millrace.deploy.corpus;

import io.millrace.v1.Document;

/** One line of a collection: a document, or what is wrong with it. */
public sealed interface ReadDocument {
    /** Where it stands. */
    Location location();

    /**
     * A line that is a document.
     *
     * @param location where it stands
     * @param document the document
     */
    record Good(Location location, Document document) implements ReadDocument {}

    /**
     * A line that is none.
     *
     * @param location where it stands
     * @param reason what is wrong and what to do
     */
    record Bad(Location location, String reason) implements ReadDocument {}
}
