package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The model that Millrace comes with, {@code models/millrace-tiny}, beside the one that it was trained from. */
class DefaultModelTest {
    private static SparseEncoder trained;
    private static SparseEncoder base;

    @BeforeAll
    static void open() throws IOException {
        EncoderOptions options = EncoderOptions.defaults().withThreads(1);
        trained = SparseEncoders.open(Path.of("../models/millrace-tiny"), options);
        base = SparseEncoders.open(Path.of("../models/splade-tiny"), options);
    }

    @AfterAll
    static void close() {
        trained.close();
        base.close();
    }

    private static SparseVector encode(SparseEncoder encoder, String text, TextRole role) {
        return encoder.encode(encoder.tokenize(List.of(text), role), role).getFirst();
    }

    @Test
    void equalsSentenceTransformersOnAwkwardTexts() throws IOException {
        RecordedVectors recorded = RecordedVectors.read("millrace-tiny-vectors.json");
        assertThat(trained.name()).isEqualTo("millrace-tiny");
        assertThat(trained.maxTokens(TextRole.DOCUMENT)).isEqualTo(recorded.maxTokens());
        assertThat(recorded.texts()).hasSizeGreaterThan(10);

        List<SparseVector> vectors =
                trained.encode(trained.tokenize(recorded.texts(), TextRole.DOCUMENT), TextRole.DOCUMENT);

        VectorDistance.assertClose(vectors, recorded.vectors(), 1e-5, "millrace-tiny");
    }

    /** What it was trained for: rare words of a text weigh more than common ones, and more than they did. */
    @Test
    void rareWordsOfATextWeighMoreThanCommonOnes() {
        String text = "the role of zinc finger nucleases in angiotensin therapy";
        for (TextRole role : TextRole.values()) {
            SparseVector now = encode(trained, text, role);
            SparseVector before = encode(base, text, role);
            for (String rare : List.of("zinc", "finger", "therapy")) {
                int term = term(rare);
                assertThat(now.weight(term)).as("%s in a %s", rare, role).isGreaterThan(before.weight(term) + 0.2f);
                assertThat(now.weight(term)).as("%s in a %s", rare, role).isGreaterThan(now.weight(term("the")) + 1);
            }
        }
    }

    private static int term(String word) {
        return trained.tokenize(List.of(word), TextRole.QUERY)
                .getFirst()
                .pieces()
                .getFirst()[1];
    }
}
