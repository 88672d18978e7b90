package io.millrace.index.search;

import io.millrace.index.record.DocumentId;
import java.util.Comparator;

/**
 * One hit.
 *
 * @param id document id
 * @param score its score, above 0
 * @param ordinal version of the document that was scored
 */
public record ScoredDocument(DocumentId id, float score, long ordinal) {
    /** Best first: score descending, then id ascending. */
    public static final Comparator<ScoredDocument> BEST_FIRST =
            Comparator.comparingDouble(ScoredDocument::score).reversed().thenComparing(ScoredDocument::id);
}
