package io.millrace.model.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.EncoderOptions;
import io.millrace.model.TinyTokenizer;
import io.millrace.model.backbone.Continuation;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.contract.TextContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoldenWritingTest {
    private static final Path RESOURCES = Path.of("src/test/resources");

    @TempDir
    private Path temporary;

    private static JsonNode recorded() throws IOException {
        return new JsonMapper()
                .readTree(RESOURCES.resolve("golden-more/writing.json").toFile());
    }

    private static int[] tokens(JsonNode row) {
        return StreamSupport.stream(row.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }

    private TextGenerator generator(String folder) throws IOException {
        Path copy = TinyTokenizer.beside(RESOURCES.resolve(folder), temporary.resolve(folder));
        return TextGenerator.open(
                copy, TextContract.cutAt(20), EncoderOptions.defaults().withThreads(2));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "golden/llama",
                "golden/opt125",
                "golden/opt350",
                "golden-more/mistral",
                "golden-more/qwen2",
                "golden-more/qwen3",
                "golden-more/opt-tail"
            })
    void goesOnWithATextAsTheReferenceDoes(String folder) throws IOException {
        JsonNode rows = recorded().path("cases").path(folder);
        assertThat(rows).hasSize(3);
        Sampling greedy = Sampling.greedy(recorded().path("max_new_tokens").asInt());
        List<int[]> texts = new ArrayList<>();
        rows.forEach(row -> texts.add(tokens(row.path("input_ids"))));
        try (TextGenerator generator = generator(folder);
                OpenedModel opened = new OpenedModel(RESOURCES.resolve(folder), 40)) {
            List<List<int[]>> written = generator.generateTokens(texts, List.of(greedy));
            for (int i = 0; i < rows.size(); i++) {
                int[] generated = tokens(rows.path(i).path("generated"));
                assertThat(written.get(i).getFirst()).containsExactly(generated);
                float[] logits = opened.call(lastLogits(opened, texts.get(i), generated));
                for (int token = 0; token < logits.length; token++) {
                    float expected =
                            (float) rows.path(i).path("last_logits").path(token).asDouble();
                    assertThat(logits[token]).isCloseTo(expected, within(1e-5f * Math.max(1, Math.abs(expected))));
                }
            }
        }
    }

    /** Those that the last of the tokens is chosen by. */
    private static Callable<float[]> lastLogits(OpenedModel opened, int[] text, int[] tokens) {
        return () -> {
            WritingModel model = opened.model();
            try (Continuation read = model.backbone().begin(model.prompts(List.of(text)))) {
                for (int i = 0; i < tokens.length - 1; i++) {
                    read.read(new int[] {0}, new int[] {tokens[i]});
                }
                return model.logits(read.states())[0];
            }
        };
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "golden-more/flan",
                "golden-more/t5v10",
                "golden/opt125",
                "golden/opt350",
                "golden-more/llama",
                "golden-more/mistral",
                "golden-more/qwen2",
                "golden-more/qwen3"
            })
    void writesWhatItWouldWriteWithoutKeepingAnything(String folder) throws IOException {
        Random random = new Random(11);
        List<int[]> texts = IntStream.of(13, 6, 13, 1, 6)
                .mapToObj(length -> random.ints(length, 4, 97).toArray())
                .toList();
        List<Sampling> samplings = new ArrayList<>(List.of(Sampling.greedy(18)));
        for (int seed = 0; seed < 6; seed++) {
            samplings.add(new Sampling(10, 14 + seed % 3, 900 + seed));
        }
        try (TextGenerator generator = generator(folder);
                OpenedModel opened = new OpenedModel(RESOURCES.resolve(folder), 40)) {
            List<List<int[]>> written = generator.generateTokens(texts, samplings);
            for (int s = 0; s < samplings.size(); s++) {
                Sampling sampling = samplings.get(s);
                List<int[]> expected = opened.call(() -> opened.rereading().write(texts, sampling));
                for (int text = 0; text < texts.size(); text++) {
                    assertThat(written.get(text).get(s)).containsExactly(expected.get(text));
                }
            }
            assertThat(written.stream()
                            .map(sequences -> sequences.stream()
                                    .map(Arrays::toString)
                                    .distinct()
                                    .count()))
                    .allMatch(different -> different > 4);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"golden-more/flan", "golden-more/t5v10", "golden-more/mistral"})
    void givesTheLogitsOfTheWholeTextAtEachStep(String folder) throws IOException {
        Random random = new Random(12);
        int[] text = random.ints(9, 4, 97).toArray();
        try (OpenedModel opened = new OpenedModel(RESOURCES.resolve(folder), 40)) {
            WritingModel model = opened.model();
            opened.call(() -> {
                ModelInput prompt = model.prompts(List.of(text));
                int[] whole = prompt.reader().ids();
                try (Continuation read = model.backbone().begin(prompt)) {
                    for (int step = 0; step < 25; step++) {
                        float[] expected = opened.rereading()
                                .logits(new ModelInput(InputLayout.written(List.of(whole)), prompt.encoder()))[0];
                        float[] logits = model.logits(read.states())[0];
                        for (int token = 0; token < expected.length; token++) {
                            assertThat(logits[token])
                                    .isCloseTo(expected[token], within(1e-5f * Math.max(1, Math.abs(expected[token]))));
                        }
                        whole = Arrays.copyOf(whole, whole.length + 1);
                        whole[whole.length - 1] = random.nextInt(4, 97);
                        read.read(new int[] {0}, new int[] {whole[whole.length - 1]});
                    }
                }
                return true;
            });
        }
    }

    @Test
    void writesForManySamplingsWhatItWritesForEachAlone() throws IOException {
        List<String> texts = List.of("w87 w84 w80 w83", "w9 w5 w70 w71 w72 w30 w31 w32 w33", "w5");
        List<Sampling> samplings = IntStream.range(0, 75)
                .mapToObj(seed -> new Sampling(10, 8, seed))
                .toList();
        try (TextGenerator generator = generator("golden-more/flan")) {
            List<List<String>> together = generator.generate(texts, samplings);
            assertThat(together).hasSize(3).allMatch(written -> written.size() == 75);
            for (int s = 0; s < samplings.size(); s += 7) {
                int one = s;
                assertThat(generator.generate(texts, samplings.get(s)))
                        .isEqualTo(together.stream()
                                .map(written -> written.get(one))
                                .toList());
            }
        }
    }
}
