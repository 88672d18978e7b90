package io.millrace.model.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.tokenizer.TextTokenizer;
import io.millrace.model.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class InputTermsTest {
    private static final Path WORD_PIECE = Path.of("../models/splade-tiny/tokenizer.json");
    private static final Path BYTE_LEVEL = Path.of("src/test/resources/tokenizers/byte-level/tokenizer.json");

    @BeforeAll
    static void offline() {
        PyTorchRuntime.configure();
    }

    private static List<String> terms(Path file, boolean prefixed, String text) throws IOException {
        Vocabulary vocabulary = Vocabulary.read(file);
        try (TextTokenizer tokenizer = TextTokenizer.open(file)) {
            int[] ids = new InputTerms(tokenizer, vocabulary.specialIds(), prefixed).of(text);
            assertThat(ids).isSorted().doesNotHaveDuplicates();
            return IntStream.of(ids).mapToObj(vocabulary::term).sorted().toList();
        }
    }

    @Test
    void leavesOutStopWordsAndControlTokensAndCountsEachTermOnce() throws IOException {
        assertThat(terms(WORD_PIECE, true, "What is THE weather in New York, and is the weather good? [SEP]"))
                .containsExactly(",", "?", "[", "]", "good", "new", "sep", "weather", "york");
        assertThat(terms(WORD_PIECE, false, "It is what it is")).isEmpty();
        assertThat(terms(WORD_PIECE, true, "")).isEmpty();
    }

    @Test
    void spellsWordsAsTheyStandInATextBehindItsPrefix() throws IOException {
        assertThat(terms(BYTE_LEVEL, true, "Catalog the Worker")).containsExactly("g", "Ġcatalo", "Ġworker");
        // Without a prefix nothing stands before the first word.
        assertThat(terms(BYTE_LEVEL, false, "the batch batch")).containsExactly("atch", "b", "Ġbatch");
    }

    @Test
    void splitsWordsAsTheTreebankDoes() {
        assertThat(EnglishWords.of("Don't split \"U.S.\" or 3,141; can't (or cannot) it's: e.g. re-use."))
                .containsExactly(
                        "do", "n't", "split", "\"", "u.s.", "\"", "or", "3,141", ";", "ca", "n't", "(", "or", "can",
                        "not", ")", "it", "'s", ":", "e.g.", "re-use", ".");
        assertThat(EnglishWords.withoutStopWords("Don't split the U.S. at 10:30—cell–cell"))
                .containsExactly("n't", "split", "u.s.", "10:30", "—", "cell", "–", "cell");
    }
}
