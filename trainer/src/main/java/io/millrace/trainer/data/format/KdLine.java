package io.millrace.trainer.data.format;

import io.millrace.trainer.data.DataFormatException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A query with documents and a teacher's scores, a line of OpenSearch's files for distillation,
 * {@code {"query": …, "docs": [texts], "scores": [numbers]}}; with {@code "qid"} and {@code "doc_ids"} where ids are known.
 *
 * @param queryId id of the query; empty if unknown
 * @param query text of the query
 * @param documentIds ids of the documents; empty if unknown
 * @param documents texts; the first answers the query
 * @param scores a teacher's, one a document, finite
 */
public record KdLine(
        String queryId, String query, List<String> documentIds, List<String> documents, List<Float> scores) {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if there is no document, or their numbers differ
     */
    public KdLine {
        documentIds = List.copyOf(documentIds);
        documents = List.copyOf(documents);
        scores = List.copyOf(scores);
        if (documents.isEmpty()
                || scores.size() != documents.size()
                || (!documentIds.isEmpty() && documentIds.size() != documents.size())) {
            throw new IllegalArgumentException(
                    "there are " + documents.size() + " docs, " + scores.size()
                            + " scores and " + documentIds.size()
                            + " doc_ids; there must be one score for each document, one document at least, and an id for each or none");
        }
    }

    /** Reads a line. */
    public static KdLine parse(String line, String place) throws DataFormatException {
        JsonFields fields = JsonFields.parse(line, place);
        try {
            return new KdLine(
                    fields.has("qid") ? fields.id("qid") : "",
                    fields.text("query"),
                    fields.has("doc_ids") ? fields.ids("doc_ids") : List.of(),
                    fields.texts("docs"),
                    fields.numbers("scores"));
        } catch (IllegalArgumentException e) {
            throw new DataFormatException(place, String.valueOf(e.getMessage()));
        }
    }

    /** The line's fields, in the order in which they are written. */
    public Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (!queryId.isEmpty()) {
            fields.put("qid", queryId);
        }
        fields.put("query", query);
        if (!documentIds.isEmpty()) {
            fields.put("doc_ids", documentIds);
        }
        fields.put("docs", documents);
        fields.put("scores", scores);
        return fields;
    }

    /** The same with the best-scored document first. */
    public KdLine bestFirst() {
        int best = scores.indexOf(Collections.max(scores));
        return new KdLine(
                queryId,
                query,
                documentIds.isEmpty() ? documentIds : first(documentIds, best),
                first(documents, best),
                first(scores, best));
    }

    private static <T> List<T> first(List<T> list, int place) {
        List<T> moved = new ArrayList<>(list);
        moved.addFirst(moved.remove(place));
        return moved;
    }
}
