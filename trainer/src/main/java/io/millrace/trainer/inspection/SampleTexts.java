package io.millrace.trainer.inspection;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;

/**
 * Texts whose vectors show whether a model has collapsed: different from each other, and each text once.
 *
 * @param queries at least 30
 * @param documents at least 30
 */
public record SampleTexts(List<String> queries, List<String> documents) {
    private static final String RESOURCE = "sample-texts.json";

    /** Copies the lists. */
    public SampleTexts {
        queries = List.copyOf(queries);
        documents = List.copyOf(documents);
    }

    /** Those that come with the trainer: English sentences about this and that, as manuals, news, contracts and novels say them. */
    public static SampleTexts usual() {
        try (InputStream in = Objects.requireNonNull(SampleTexts.class.getResourceAsStream(RESOURCE))) {
            return new JsonMapper().readValue(in, SampleTexts.class);
        } catch (IOException e) {
            throw new IllegalStateException(RESOURCE + " came with this class and cannot be read", e);
        }
    }
}
