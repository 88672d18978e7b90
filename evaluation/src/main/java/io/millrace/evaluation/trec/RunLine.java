package io.millrace.evaluation.trec;

/**
 * One line of a run: {@code query Q0 document rank score tag}.
 *
 * @param query query id
 * @param document document id
 * @param rank as written; trec_eval ignores it and ranks by score
 * @param score in single precision, as trec_eval keeps it
 * @param tag name of the run
 */
public record RunLine(String query, String document, int rank, float score, String tag) {
    /**
     * The line as it is written. The score has all of its digits: two scores that differ must not look equal, for trec_eval sorts
     * by them.
     *
     * @throws IllegalArgumentException if an id or the tag is empty or has white space in it, which separates the fields
     */
    public String text() {
        return String.join(
                " ",
                Fields.checked(query),
                "Q0",
                Fields.checked(document),
                Integer.toString(rank),
                Float.toString(score),
                Fields.checked(tag));
    }
}
