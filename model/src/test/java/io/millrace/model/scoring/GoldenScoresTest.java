package io.millrace.model.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.EncoderOptions;
import io.millrace.model.EncoderOptions.Kernels;
import io.millrace.model.InvalidModelException;
import io.millrace.model.TinyTokenizer;
import io.millrace.model.batch.TokenPair;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GoldenScoresTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden-more");

    @TempDir
    private Path temporary;

    private static JsonNode recorded(String name) throws IOException {
        return new JsonMapper()
                .readTree(FOLDER.resolve("golden.json").toFile())
                .path("cases")
                .path(name);
    }

    private static List<TokenPair> pairs(JsonNode recorded) {
        List<TokenPair> pairs = new ArrayList<>();
        for (int row = 0; row < recorded.path("input_ids").size(); row++) {
            JsonNode ids = recorded.path("input_ids").path(row);
            JsonNode mask = recorded.path("attention_mask").path(row);
            JsonNode types = recorded.path("token_type_ids").path(row);
            int[] tokens = IntStream.range(0, ids.size())
                    .filter(t -> mask.path(t).asInt() == 1)
                    .map(t -> ids.path(t).asInt())
                    .toArray();
            int second = IntStream.range(0, tokens.length)
                    .filter(t -> types.path(t).asInt() == 1)
                    .findFirst()
                    .orElse(tokens.length);
            pairs.add(new TokenPair(tokens, second));
        }
        return pairs;
    }

    private static void assertScores(PairScorer scorer, JsonNode recorded) {
        List<TokenPair> pairs = pairs(recorded);
        float[] together = scorer.scoreTokens(pairs);
        for (int i = 0; i < pairs.size(); i++) {
            float expected = recorded.path("scores").path(i).floatValue();
            assertThat(together[i]).isCloseTo(expected, within(1e-5f));
            assertThat(scorer.scoreTokens(List.of(pairs.get(i)))[0]).isCloseTo(together[i], within(1e-6f));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FUSED", "PLAIN"})
    void aCrossEncoderGivesTheRecordedScores(Kernels form) throws IOException {
        Path model = TinyTokenizer.beside(FOLDER.resolve("cross-encoder"), temporary.resolve("model"));
        try (PairScorer scorer =
                PairScorer.open(model, EncoderOptions.defaults().withKernels(form))) {
            assertScores(scorer, recorded("cross_encoder"));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FUSED", "PLAIN"})
    void aLlamaWithItsAdapterGivesTheRecordedScores(Kernels form) throws IOException {
        Path model = TinyTokenizer.beside(FOLDER.resolve("llama"), temporary.resolve("model"));
        EncoderOptions options =
                EncoderOptions.defaults().withKernels(form).withAdapters(List.of(FOLDER.resolve("rankllama-lora")));
        try (PairScorer scorer = PairScorer.open(model, options)) {
            assertScores(scorer, recorded("rankllama"));
        }
    }

    @Test
    void textsAreScoredAsTheirTokensAre() throws IOException {
        Path model = TinyTokenizer.beside(FOLDER.resolve("cross-encoder"), temporary.resolve("model"));
        try (PairScorer scorer = PairScorer.open(model, EncoderOptions.defaults())) {
            List<TextPair> texts = List.of(new TextPair("w87 w84", "w80 w11 w79"), new TextPair("w9", "w5 w6"));
            List<TokenPair> tokens = List.of(
                    new TokenPair(new int[] {2, 87, 84, 3, 80, 11, 79, 3}, 4),
                    new TokenPair(new int[] {2, 9, 3, 5, 6, 3}, 3));
            assertThat(scorer.score(texts)).isEqualTo(scorer.scoreTokens(tokens));
        }
    }

    @Test
    void aPairThatIsTooLongLosesTokensOfItsLongerText() throws IOException {
        Path model = TinyTokenizer.beside(FOLDER.resolve("cross-encoder"), temporary.resolve("model"));
        try (PairScorer scorer =
                PairScorer.open(model, EncoderOptions.defaults().withMaxTokens(12))) {
            String words = IntStream.range(10, 40).mapToObj(id -> "w" + id).collect(Collectors.joining(" "));
            // 12 tokens less 3 of the template are 9: 2 of the query, 7 of the document.
            int[] kept = IntStream.concat(
                            IntStream.of(2, 50, 51, 3), IntStream.concat(IntStream.range(10, 17), IntStream.of(3)))
                    .toArray();
            float[] expected = scorer.scoreTokens(List.of(new TokenPair(kept, 4)));
            assertThat(scorer.score(List.of(new TextPair("w50 w51", words)))).isEqualTo(expected);
        }
    }

    @Test
    void refusesModelsThatScoreNothing() throws IOException {
        Path flan = TinyTokenizer.beside(FOLDER.resolve("flan"), temporary.resolve("flan"));
        assertThatThrownBy(() -> PairScorer.open(flan, EncoderOptions.defaults()))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("t5 cannot score pairs");
        Path llama = TinyTokenizer.beside(FOLDER.resolve("llama"), temporary.resolve("llama"));
        assertThatThrownBy(() -> PairScorer.open(llama, EncoderOptions.defaults()))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("score.weight");
    }
}
