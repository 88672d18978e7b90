package io.millrace.model.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.TinyTokenizer;
import io.millrace.model.contract.TextContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextGeneratorTest {
    private static final Path RESOURCES = Path.of("src/test/resources");

    @TempDir
    private Path temporary;

    private TextGenerator open(String folder, int maxTokens) throws IOException {
        Path copy = TinyTokenizer.beside(RESOURCES.resolve(folder), temporary.resolve(folder));
        return TextGenerator.open(
                copy, TextContract.cutAt(maxTokens), EncoderOptions.defaults().withThreads(1));
    }

    @Test
    void writesNothingForATextWithoutTokens() throws IOException {
        try (TextGenerator generator = open("golden-more/mistral", 20)) {
            List<Sampling> samplings = List.of(Sampling.greedy(3), new Sampling(10, 4, 1));
            List<List<int[]>> written = generator.generateTokens(List.of(new int[0], new int[] {5, 6}), samplings);
            assertThat(written.getFirst()).hasSize(2).allMatch(tokens -> tokens.length == 0);
            assertThat(written.getLast().getFirst()).hasSize(3);
            assertThat(written.getLast().getLast()).hasSize(4);
            assertThat(generator.generate(List.of(), samplings)).isEmpty();
        }
    }

    @Test
    void refusesMoreTokensThanThereArePositions() throws IOException {
        try (TextGenerator generator = open("golden-more/opt-tail", 30)) {
            assertThatThrownBy(() -> generator.generateTokens(List.of(new int[] {5}), List.of(Sampling.greedy(31))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("maxTokens is 31, but positions were prepared for 30");
            assertThatThrownBy(() -> generator.generateTokens(List.of(new int[21]), List.of(Sampling.greedy(20))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a text of 21 tokens and 20 more behind it are longer than the 40 positions");
        }
    }

    @Test
    void refusesAFamilyThatCannotWrite() {
        assertThatThrownBy(() -> open("golden/bert", 20))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("is no T5, OPT, Llama, Mistral or Qwen but a bert");
    }

    @Test
    void endsBehindTheTokensThatTheFilesName() throws IOException {
        assertThat(EndTokens.read(temporary)).isEmpty();
        Path config = temporary.resolve("config.json");
        Files.writeString(config, "{\"eos_token_id\": 7}");
        assertThat(EndTokens.read(temporary)).containsExactly(7);
        Path generation = temporary.resolve("generation_config.json");
        Files.writeString(generation, "{\"eos_token_id\": null}");
        assertThat(EndTokens.read(temporary)).containsExactly(7);
        Files.writeString(generation, "{\"eos_token_id\": [8, 9]}");
        assertThat(EndTokens.read(temporary)).containsExactlyInAnyOrder(8, 9);
        for (String damaged : List.of("{\"eos_token_id\": \"</s>\"}", "{\"eos_token_id\": [8, -1]}", "{\"eos")) {
            Files.writeString(generation, damaged);
            assertThatThrownBy(() -> EndTokens.read(temporary))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining("generation_config.json");
        }
    }
}
