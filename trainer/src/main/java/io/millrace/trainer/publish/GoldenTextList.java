package io.millrace.trainer.publish;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;

/**
 * Texts that models are compared by.
 *
 * @param queries at least one
 * @param documents at least one; together with the queries at least 16
 */
public record GoldenTextList(List<String> queries, List<String> documents) {
    private static final String RESOURCE = "golden-texts.json";

    /** Copies the lists. */
    public GoldenTextList {
        queries = List.copyOf(queries);
        documents = List.copyOf(documents);
    }

    /**
     * The usual ones: 16 queries and 16 documents of several languages and kinds, among them texts of one letter, of numbers and
     * signs alone, and some that are longer than models read.
     */
    public static GoldenTextList usual() {
        try (InputStream in = Objects.requireNonNull(GoldenTextList.class.getResourceAsStream(RESOURCE))) {
            return new JsonMapper().readValue(in, GoldenTextList.class);
        } catch (IOException e) {
            throw new IllegalStateException(RESOURCE + " came with this class and cannot be read", e);
        }
    }
}
