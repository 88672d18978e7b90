package io.millrace.trainer.data.pool;

import io.millrace.trainer.data.Passage;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A document that may stand in a query's group. Its text is looked up once it is wanted.
 *
 * @param id its id; empty where the source gives texts only
 * @param text says the text; empty if the collection has no such document
 * @param score by the teacher, if one is known
 */
public record Candidate(String id, Text text, OptionalDouble score) {
    /** Says a document's text. */
    @FunctionalInterface
    public interface Text {
        /** The text, if there is one. */
        Optional<String> get() throws IOException;
    }

    /** A candidate whose text is at hand. */
    public static Candidate of(Passage passage) {
        return new Candidate(passage.id(), () -> Optional.of(passage.text()), OptionalDouble.empty());
    }

    /** The same with a teacher's score. */
    public Candidate withScore(OptionalDouble other) {
        return new Candidate(id, text, other);
    }
}
