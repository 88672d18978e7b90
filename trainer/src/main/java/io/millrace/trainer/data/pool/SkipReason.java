package io.millrace.trainer.data.pool;

/** Why an item gave no group. */
public enum SkipReason {
    /** Nothing is there: a blank line, or a query without judgements. */
    NO_ITEM,
    /** The query has no text. */
    NO_QUERY_TEXT,
    /** No positive has a text and, where one is needed, a teacher's score. */
    NO_POSITIVE,
    /** Too few negatives are left. */
    TOO_FEW_NEGATIVES
}
