package io.millrace.model.generation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.EncoderOptions;
import io.millrace.model.TinyTokenizer;
import io.millrace.model.contract.TextContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoldenGenerationTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden-more");

    @TempDir
    private Path temporary;

    private static List<int[]> rows(JsonNode rows, JsonNode mask) {
        List<int[]> all = new ArrayList<>();
        for (int row = 0; row < rows.size(); row++) {
            int at = row;
            all.add(IntStream.range(0, rows.path(row).size())
                    .filter(t -> mask.isMissingNode() || mask.path(at).path(t).asInt() == 1)
                    .map(t -> rows.path(at).path(t).asInt())
                    .toArray());
        }
        return all;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "flan.generate.batch",
                "flan.generate.alone.long",
                "flan.generate.alone.short",
                "t5v10.generate.batch",
                "t5v10.generate.alone.long",
                "t5v10.generate.alone.short"
            })
    void writesTheRecordedTokens(String name) throws IOException {
        JsonNode recorded = new JsonMapper()
                .readTree(FOLDER.resolve("golden.json").toFile())
                .path("cases")
                .path(name);
        try (TextGenerator generator = open(recorded.path("model").asText())) {
            List<int[]> texts = rows(recorded.path("input_ids"), recorded.path("attention_mask"));
            Sampling sampling = Sampling.greedy(recorded.path("max_new_tokens").asInt());
            List<int[]> written = generator.generateTokens(texts, List.of(sampling)).stream()
                    .map(List::getFirst)
                    .toList();
            List<int[]> expected = rows(recorded.path("generated"), recorded.path("none"));
            assertThat(written.stream().map(IntStream::of).map(IntStream::boxed).map(Stream::toList))
                    .containsExactlyElementsOf(expected.stream()
                            .map(IntStream::of)
                            .map(IntStream::boxed)
                            .map(Stream::toList)
                            .toList());
        }
    }

    @Test
    void drawsAreTheSameForASeedAndDifferForAnother() throws IOException {
        try (TextGenerator generator = open("flan")) {
            Sampling sampling = new Sampling(10, 12, 1);
            String text = "w87 w84 w80 w83";
            String alone = generator.generate(List.of(text), sampling).getFirst();
            assertThat(generator
                            .generate(List.of("w9 w5 w70 w71 w72", text), sampling)
                            .get(1))
                    .isEqualTo(alone);
            long different = IntStream.range(2, 12)
                    .mapToObj(seed -> generator.generate(List.of(text), sampling.withSeed(seed)))
                    .filter(other -> !other.getFirst().equals(alone))
                    .count();
            assertThat(different).isGreaterThan(5);
        }
    }

    private TextGenerator open(String model) throws IOException {
        Path directory = TinyTokenizer.beside(FOLDER.resolve(model), temporary.resolve(model));
        return TextGenerator.open(
                directory, TextContract.cutAt(64), EncoderOptions.defaults().withThreads(1));
    }
}
