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

    @Test
    void wrapsTextsInTheTemplateAndIgnoresTheFilesOwnTruncationAndPadding() throws IOException {
        Vocabulary vocabulary = Vocabulary.read(FILE);
        try (TextTokenizer tokenizer = TextTokenizer.open(FILE)) {
            assertThat(tokenizer.templateTokens()).isEqualTo(2);
            // The file itself asks for 512 tokens and for padding to the longest.
            List<TokenizedText> texts =
                    tokenizer.tokenize(List.of("river ".repeat(600), "A Mill", ""), TextContract.cutAt(1_000));
            assertThat(texts.get(0).ids()).hasSize(602);
            assertThat(IntStream.of(texts.get(1).ids()).mapToObj(vocabulary::term))
                    .containsExactly("[CLS]", "a", "mill", "[SEP]");
            assertThat(IntStream.of(texts.get(2).ids()).mapToObj(vocabulary::term))
                    .containsExactly("[CLS]", "[SEP]");
            TokenizedText cut = tokenizer
                    .tokenize(List.of("one two three four"), TextContract.cutAt(4))
                    .getFirst();
            assertThat(IntStream.of(cut.ids()).mapToObj(vocabulary::term))
                    .containsExactly("[CLS]", "one", "two", "[SEP]");
            assertThat(cut.truncatedTokens()).isEqualTo(2);
            assertThat(tokenizer
                            .tokenize(List.of("one"), TextContract.cutAt(2))
                            .getFirst()
                            .ids())
                    .containsExactly(101, 102);
            assertThatThrownBy(() -> tokenizer.tokenize(List.of("one"), TextContract.cutAt(1)))
                    .hasMessageContaining("template alone has 2");
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
            int[] last =
                    tokenizer.tokenize(texts, TextContract.cutAt(64)).getLast().ids();
            var results = IntStream.range(0, 16)
                    .mapToObj(i -> threads.submit(() -> tokenizer.tokenize(texts, TextContract.cutAt(64))))
                    .toList();
            for (var result : results) {
                assertThat(result.get().getLast().ids()).isEqualTo(last);
            }
        }
    }

    @Test
    void survivesTextsThatAreNotWellFormed() throws IOException {
        try (TextTokenizer tokenizer = TextTokenizer.open(FILE)) {
            List<String> texts = List.of("half \uD83D of a pair", "\uDE00", "nul \u0000 inside", "\uFFFF\u200B\uFEFF");
            assertThat(tokenizer.tokenize(texts, TextContract.cutAt(32)))
                    .hasSize(4)
                    .allSatisfy(text -> assertThat(text.ids()).startsWith(101).endsWith(102));
        }
    }

    @Test
    void refusesFilesThatAreNoTokenizer() throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(file, "{}");
        assertThatThrownBy(() -> TextTokenizer.open(file))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("tokenizer.json");
        assertThatThrownBy(() -> Vocabulary.read(file)).hasMessageContaining("has no model.vocab");
        Files.writeString(file, "{\"model\":{\"vocab\":{\"a\":2000000000}}}");
        assertThatThrownBy(() -> Vocabulary.read(file)).hasMessageContaining("'a' has id 2000000000");
        Files.writeString(file, "{\"model\":{\"vocab\":{\"a\":1,\"b\":1}}}");
        assertThatThrownBy(() -> Vocabulary.read(file)).hasMessageContaining("share id 1");
    }
}
