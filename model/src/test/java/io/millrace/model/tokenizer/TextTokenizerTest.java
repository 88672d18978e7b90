package io.millrace.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.InvalidModelException;
import io.millrace.model.TokenizedText;
import io.millrace.model.contract.TextContract;
import io.millrace.model.engine.PyTorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextTokenizerTest {
    private static final Path FILE = Path.of("../models/splade-tiny/tokenizer.json");

    @TempDir
    private Path folder;

    @BeforeAll
    static void offline() {
        PyTorchRuntime.configure();
    }

    private static TextReader reader(TextTokenizer tokenizer, int maxTokens) throws IOException {
        return TextReader.of(tokenizer, TextContract.cutAt(maxTokens), Vocabulary.read(FILE), "millrace.json");
    }

    private static int[] read(TextReader reader, String text) {
        return reader.read(text).pieces().getFirst();
    }

    @Test
    void wrapsTextsInTheTemplateAndIgnoresTheFilesOwnTruncationAndPadding() throws IOException {
        Vocabulary vocabulary = Vocabulary.read(FILE);
        try (TextTokenizer tokenizer = TextTokenizer.open(FILE)) {
            // The file itself asks for 512 tokens and for padding to the longest.
            TextReader longest = reader(tokenizer, 1_000);
            assertThat(read(longest, "river ".repeat(600))).hasSize(602);
            assertThat(IntStream.of(read(longest, "A Mill")).mapToObj(vocabulary::term))
                    .containsExactly("[CLS]", "a", "mill", "[SEP]");
            assertThat(IntStream.of(read(longest, "")).mapToObj(vocabulary::term))
                    .containsExactly("[CLS]", "[SEP]");
            TokenizedText cut = reader(tokenizer, 4).read("one two three four");
            assertThat(IntStream.of(cut.pieces().getFirst()).mapToObj(vocabulary::term))
                    .containsExactly("[CLS]", "one", "two", "[SEP]");
            assertThat(cut.truncatedTokens()).isEqualTo(2);
        }
    }

    @Test
    void readsTheVocabularyAndItsControlTokens() throws IOException {
        Vocabulary vocabulary = Vocabulary.read(FILE);
        assertThat(vocabulary.size()).isEqualTo(30_522);
        assertThat(vocabulary.specialIds()).containsExactlyInAnyOrder(0, 100, 101, 102, 103);
        assertThat(vocabulary.term(30_521)).isNotEmpty();
    }

    @Test
    void tokenisesOnManyThreadsAtOnce() throws Exception {
        try (TextTokenizer tokenizer = TextTokenizer.open(FILE);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<String> texts =
                    IntStream.range(0, 50).mapToObj(i -> "mill number " + i).toList();
            TextReader reader = reader(tokenizer, 64);
            int[] last = reader.read(texts).getLast().pieces().getFirst();
            var results = IntStream.range(0, 16)
                    .mapToObj(i -> threads.submit(() -> reader.read(texts)))
                    .toList();
            for (var result : results) {
                assertThat(result.get().getLast().pieces().getFirst()).isEqualTo(last);
            }
        }
    }

    @Test
    void survivesTextsThatAreNotWellFormed() throws IOException {
        try (TextTokenizer tokenizer = TextTokenizer.open(FILE)) {
            List<String> texts = List.of("half \uD83D of a pair", "\uDE00", "nul \u0000 inside", "\uFFFF\u200B\uFEFF");
            assertThat(reader(tokenizer, 32).read(texts))
                    .hasSize(4)
                    .allSatisfy(text ->
                            assertThat(text.pieces().getFirst()).startsWith(101).endsWith(102));
            // Half a pair is one unknown character, wherever it stands.
            assertThat(tokenizer.ids("a \uD83D b")).hasSameSizeAs(tokenizer.ids("a \uFFFD b"));
        }
    }

    @Test
    void refusesFilesThatAreNoTokenizer() throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(file, "{}");
        assertThatThrownBy(() -> TextTokenizer.open(file))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(
                        "tokenizer.json: the tokenizer cannot be loaded", "Hugging Face fast tokenizer");
        assertThatThrownBy(() -> TextTokenizer.open(folder.resolve("none.json")))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll("none.json is missing", "copy the tokenizer.json");
        Files.writeString(file, "{\"model\":{\"vocab\":{\"a\":0}");
        assertThatThrownBy(() -> TextTokenizer.open(file)).isInstanceOf(InvalidModelException.class);
        assertThatThrownBy(() -> Vocabulary.read(file))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll("tokenizer.json: not valid JSON", "copy or download it again");
        Files.writeString(file, "{}");
        assertThatThrownBy(() -> Vocabulary.read(file)).hasMessageContaining("has no model.vocab");
        Files.writeString(file, "{\"model\":{\"vocab\":{\"a\":2000000000}}}");
        assertThatThrownBy(() -> Vocabulary.read(file)).hasMessageContaining("'a' has id 2000000000");
        Files.writeString(file, "{\"model\":{\"vocab\":{\"a\":1,\"b\":1}}}");
        assertThatThrownBy(() -> Vocabulary.read(file)).hasMessageContaining("share id 1");
    }
}
