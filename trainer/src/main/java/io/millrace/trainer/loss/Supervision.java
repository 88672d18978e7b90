package io.millrace.trainer.loss;

import io.millrace.trainer.batch.TrainingVectors;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a batch beside its vectors.
 *
 * @param teacher the teacher's scores [Q · group] in the order of the documents, or null where nobody teaches
 * @param ids the documents' identities, or null where they are not known: then every other document counts as a negative
 */
public record Supervision(
        double @Nullable [] teacher, @Nullable DocumentIds ids) {
    /** Nothing but the order of the candidates: the first is the positive. */
    public static final Supervision NONE = new Supervision(null, null);

    /**
     * Checks that every teacher score is a number.
     *
     * @throws IllegalArgumentException if one is NaN or infinite
     */
    public Supervision {
        if (teacher != null) {
            for (int i = 0; i < teacher.length; i++) {
                if (!Double.isFinite(teacher[i])) {
                    throw new IllegalArgumentException("teacher score " + i + " is " + teacher[i]
                            + "; scores must be finite: leave candidates out that the teacher did not score");
                }
            }
        }
    }

    /** Scores of a teacher alone. */
    public static Supervision teacher(double... scores) {
        return new Supervision(scores, null);
    }

    /** Identities of the documents alone. */
    public static Supervision ids(DocumentIds ids) {
        return new Supervision(null, ids);
    }

    /**
     * Checks that this describes these vectors.
     *
     * @throws IllegalArgumentException if there is not one score, or one id, for each document
     */
    void check(TrainingVectors vectors) {
        int documents = vectors.documents().rows();
        if (teacher != null && teacher.length != documents) {
            throw new IllegalArgumentException("the teacher gives " + teacher.length + " scores for " + documents
                    + " documents; give one score for each candidate, in the order of the documents");
        }
        if (ids != null && (ids.documents() != documents || ids.queries() != vectors.size())) {
            throw new IllegalArgumentException("ids are given for " + ids.documents() + " documents and "
                    + ids.queries() + " queries, but the batch has " + documents + " and " + vectors.size());
        }
    }
}
