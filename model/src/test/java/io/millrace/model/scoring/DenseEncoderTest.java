package io.millrace.model.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.EncoderOptions;
import io.millrace.model.EncoderOptions.Kernels;
import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against the vectors of sentence-transformers; {@code src/test/python/dense_fixtures.py} makes them. */
class DenseEncoderTest {
    private static final Path FOLDER = Path.of("src/test/resources/dense");

    @TempDir
    private Path temporary;

    private static JsonNode expected(String name) throws IOException {
        return new JsonMapper()
                .readTree(FOLDER.resolve(name).resolve("expected.json").toFile());
    }

    private static List<String> texts(JsonNode expected) {
        List<String> texts = new ArrayList<>();
        expected.path("texts").forEach(text -> texts.add(text.asText()));
        return texts;
    }

    private static void assertVectors(float[][] vectors, JsonNode rows) {
        for (int i = 0; i < vectors.length; i++) {
            assertThat(vectors[i]).hasSize(rows.path(i).size());
            for (int h = 0; h < vectors[i].length; h++) {
                assertThat(vectors[i][h]).isCloseTo(rows.path(i).path(h).floatValue(), within(1e-5f));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "mean-normalized, FUSED",
        "mean-normalized, PLAIN",
        "cls-dot, FUSED",
        "cls-dot, PLAIN",
        "mean-cosine, FUSED",
        "mean-cosine, PLAIN"
    })
    void vectorsAndSimilaritiesAreThoseOfSentenceTransformers(String name, Kernels form) throws IOException {
        JsonNode expected = expected(name);
        List<String> texts = texts(expected);
        EncoderOptions options = EncoderOptions.defaults().withKernels(form);
        try (DenseEncoder encoder = DenseEncoder.open(FOLDER.resolve(name), options)) {
            assertVectors(encoder.encode(texts, TextRole.QUERY), expected.path("query"));
            assertVectors(encoder.encode(texts, TextRole.DOCUMENT), expected.path("document"));
        }
        try (Scorer scorer = Scorer.open(FOLDER.resolve(name), options)) {
            assertThat(scorer).isInstanceOf(DenseScorer.class);
            List<TextPair> pairs = new ArrayList<>();
            texts.forEach(query -> texts.forEach(document -> pairs.add(new TextPair(query, document))));
            float[] scores = scorer.score(pairs);
            for (int i = 0; i < scores.length; i++) {
                double reference = expected.path("similarity")
                        .path(i / texts.size())
                        .path(i % texts.size())
                        .doubleValue();
                assertThat((double) scores[i]).isCloseTo(reference, within(2e-5 * Math.max(1, Math.abs(reference))));
            }
        }
    }

    @Test
    void aVectorIsTheSameWhateverIsEncodedBesideIt() throws IOException {
        Random random = new Random(4);
        List<String> words = List.of("mill", "race", "bread", "oven", "table", "stone", "##", "tea!", "bakers");
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            StringBuilder text = new StringBuilder();
            for (int w = random.nextInt(30); w > 0; w--) {
                text.append(words.get(random.nextInt(words.size()))).append(' ');
            }
            texts.add(text.toString());
        }
        try (DenseEncoder encoder = DenseEncoder.open(FOLDER.resolve("mean-normalized"), EncoderOptions.defaults())) {
            float[][] together = encoder.encode(texts, TextRole.DOCUMENT);
            for (int i = 0; i < texts.size(); i++) {
                assertThat(encoder.encode(List.of(texts.get(i)), TextRole.DOCUMENT)[0])
                        .isEqualTo(together[i]);
            }
            assertThat(encoder.encode(List.of(), TextRole.QUERY)).isEmpty();
        }
    }

    private Path changed(String name, String file, String from, String to) throws IOException {
        Path copy = temporary.resolve(name);
        try (var walk = Files.walk(FOLDER.resolve(name))) {
            for (Path source : walk.toList()) {
                Path target =
                        copy.resolve(FOLDER.resolve(name).relativize(source).toString());
                if (Files.isDirectory(source)) {
                    Files.createDirectories(target);
                } else {
                    Files.write(target, Files.readAllBytes(source));
                }
            }
        }
        String before = Files.readString(copy.resolve(file));
        assertThat(before).contains(from);
        Files.writeString(copy.resolve(file), before.replace(from, to));
        return copy;
    }

    @Test
    void theFlagsOfOlderVersionsSayThePoolingToo() throws IOException {
        Path older = changed(
                "cls-dot",
                "1_Pooling/config.json",
                "\"pooling_mode\": \"cls\"",
                "\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false");
        JsonNode expected = expected("cls-dot");
        try (DenseEncoder encoder = DenseEncoder.open(older, EncoderOptions.defaults())) {
            assertVectors(encoder.encode(texts(expected), TextRole.QUERY), expected.path("query"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "1_Pooling/config.json|\"mean\"|\"max\"|the pooling is [max], but only mean and cls are supported",
                "1_Pooling/config.json|\"mean\"|[\"mean\", \"cls\"]|several at once",
                "1_Pooling/config.json|\"include_prompt\": true|\"include_prompt\": false|include_prompt is false",
                "1_Pooling/config.json|{|[|not valid JSON",
                "config_sentence_transformers.json|\"cosine\"|\"euclidean\"|only cosine and dot are supported",
                "modules.json|.Normalize|.Dense|texts pass through [Transformer, Pooling, Dense]",
                "modules.json|1_Pooling|../elsewhere|outside the checkpoint",
                "modules.json|1_Pooling|elsewhere|the file of the Pooling is missing"
            })
    void whatIsNoBiEncoderIsRefused(String file, String from, String to, String message) throws IOException {
        Path model = changed("mean-normalized", file, from, to);
        assertThatThrownBy(() -> DenseEncoder.open(model, EncoderOptions.defaults()))
                .isInstanceOf(InvalidModelException.class)
                .satisfies(e -> assertThat(e.getMessage()).containsIgnoringCase(message));
    }

    @Test
    void lengthsBeyondTheModelAreRefused() {
        EncoderOptions options = EncoderOptions.defaults().withMaxTokens(41);
        assertThatThrownBy(() -> DenseEncoder.open(FOLDER.resolve("mean-cosine"), options))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("max_tokens is 41, but the model has 40 positions");
    }
}
