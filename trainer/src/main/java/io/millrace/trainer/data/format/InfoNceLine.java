package io.millrace.trainer.data.format;

import io.millrace.trainer.data.DataFormatException;
import java.util.List;

/**
 * A query, a document that answers it and documents that do not, a line of OpenSearch's files for contrastive training:
 * {@code {"query": …, "pos": text, "negs": [texts]}}.
 *
 * @param query text of the query
 * @param positive text that answers it
 * @param negatives texts that do not
 */
public record InfoNceLine(String query, String positive, List<String> negatives) {
    /** Reads a line. */
    public static InfoNceLine parse(String line, String place) throws DataFormatException {
        JsonFields fields = JsonFields.parse(line, place);
        return new InfoNceLine(fields.text("query"), fields.text("pos"), fields.texts("negs"));
    }
}
