package io.millrace.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.InvalidModelException;
import io.millrace.model.TokenizedText;
import io.millrace.model.contract.TextContract;
import io.millrace.model.engine.PyTorchRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextReaderTest {
    private static final Path TOKENIZERS = Path.of("src/test/resources/tokenizers");
    private static final Path WORD_PIECE = Path.of("../models/splade-tiny/tokenizer.json");
    private static final String PLACE = "millrace.json: query.text";

    @BeforeAll
    static void offline() {
        PyTorchRuntime.configure();
    }

    private record Fixture(TextTokenizer tokenizer, Vocabulary vocabulary) implements AutoCloseable {
        static Fixture open(Path file) throws IOException {
            return new Fixture(TextTokenizer.open(file), Vocabulary.read(file));
        }

        static Fixture open(String name) throws IOException {
            return open(TOKENIZERS.resolve(name).resolve("tokenizer.json"));
        }

        TextReader reader(TextContract contract) {
            return TextReader.of(tokenizer, contract, vocabulary, PLACE);
        }

        String spelled(int[] ids) {
            return String.join(" ", IntStream.of(ids).mapToObj(vocabulary::term).toList());
        }

        @Override
        public void close() {
            tokenizer.close();
        }
    }

    private static TextContract contract(String prefix, String suffix, int maxTokens) {
        return new TextContract(prefix, suffix, true, maxTokens, 1, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"byte-level", "unigram", "byte-fallback"})
    void readsWhatThePublishedCodeReadsWhereNothingIsCut(String name) throws IOException {
        try (Fixture fixture = Fixture.open(name)) {
            JsonNode cases = new JsonMapper()
                    .readTree(TOKENIZERS.resolve(name).resolve("expected.json").toFile());
            assertThat(cases).hasSize(30);
            for (JsonNode expected : cases) {
                TextContract contract = contract(
                        expected.path("prefix").asText(),
                        expected.path("suffix").asText(),
                        100);
                TokenizedText read =
                        fixture.reader(contract).read(expected.path("text").asText());
                int[] ids = IntStream.range(0, expected.path("ids").size())
                        .map(i -> expected.path("ids").path(i).asInt())
                        .toArray();
                assertThat(read.pieces()).as("%s", expected).hasSize(1);
                assertThat(read.pieces().getFirst()).as("%s", expected).isEqualTo(ids);
                assertThat(read.truncatedTokens()).isZero();
            }
        }
    }

    @Test
    void theCutGoesThroughTheTextAndLeavesPrefixSuffixAndTemplate() throws IOException {
        try (Fixture fixture = Fixture.open("byte-level")) {
            String text = "the catalog of collections";
            TokenizedText whole =
                    fixture.reader(contract("Passage ", "</s>", 14)).read(text);
            // The prefix's trailing space is part of the text's first word.
            assertThat(fixture.spelled(whole.pieces().getFirst()))
                    .isEqualTo("</s> P as s a ge Ġthe Ġcatalo g Ġof Ġcol lection s </s>");
            assertThat(whole.truncatedTokens()).isZero();
            TokenizedText cut = fixture.reader(contract("Passage ", "</s>", 10)).read(text);
            assertThat(fixture.spelled(cut.pieces().getFirst())).isEqualTo("</s> P as s a ge Ġthe Ġcatalo g </s>");
            assertThat(cut.truncatedTokens()).isEqualTo(4);
        }
    }

    @Test
    void aTextWithoutPrefixAndSuffixIsCutAsTransformersCutsIt() throws IOException {
        try (Fixture fixture = Fixture.open("unigram")) {
            TokenizedText cut = fixture.reader(TextContract.cutAt(4)).read("the catalog of collections");
            assertThat(fixture.spelled(cut.pieces().getFirst())).isEqualTo("▁the ▁catalog ▁of </s>");
            assertThat(cut.truncatedTokens()).isEqualTo(2);
        }
    }

    @Test
    void aLongTextIsReadInPiecesThatOverlap() throws IOException {
        try (Fixture fixture = Fixture.open(WORD_PIECE)) {
            TextReader reader = fixture.reader(new TextContract("query : ", " mill", true, 8, 3, 1));
            TokenizedText read = reader.read("one two three four five six seven eight nine ten");
            assertThat(read.pieces().stream().map(fixture::spelled))
                    .containsExactly(
                            "[CLS] query : one two three mill [SEP]",
                            "[CLS] query : three four five mill [SEP]",
                            "[CLS] query : five six seven mill [SEP]");
            assertThat(read.truncatedTokens()).isEqualTo(3);
            assertThat(read.tokens()).isEqualTo(24);
            TokenizedText shorter = reader.read("one two three four");
            assertThat(shorter.pieces().stream().map(fixture::spelled))
                    .containsExactly("[CLS] query : one two three mill [SEP]", "[CLS] query : three four mill [SEP]");
            assertThat(shorter.truncatedTokens()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"byte-level", "unigram", "byte-fallback"})
    void piecesAreInBoundsAndHoldEveryTokenOfTheTextOnceInOrder(String name) throws IOException {
        Random random = new Random(5);
        try (Fixture fixture = Fixture.open(name)) {
            for (int i = 0; i < 300; i++) {
                String text = randomText(random);
                String prefix = random.nextBoolean() ? "query: " : "";
                String suffix = random.nextBoolean() ? "</s>" : "";
                int chunks = 1 + random.nextInt(5);
                int overlap = random.nextInt(4);
                int limit = 14 + random.nextInt(20);
                TextContract contract = new TextContract(prefix, suffix, true, limit, chunks, overlap);
                TokenizedText read = fixture.reader(contract).read(text);
                int[] all = fixture.tokenizer().ids(prefix + text + suffix);
                assertThat(read.pieces()).hasSizeLessThanOrEqualTo(chunks).allMatch(piece -> piece.length <= limit);
                assertThat(joined(read, fixture, contract, all))
                        .as("%s under %s", text, contract)
                        .isTrue();
            }
        }
    }

    /** Whether the pieces, put together without what they share, are a beginning of the whole, and the rest is counted. */
    private static boolean joined(TokenizedText read, Fixture fixture, TextContract contract, int[] all) {
        int opening = fixture.tokenizer().opening().length;
        int closing = fixture.tokenizer().closing().length;
        List<Integer> ids = new ArrayList<>();
        int[] first = read.pieces().getFirst();
        int suffix = contract.suffix().isEmpty() ? 0 : 1;
        int prefix = contract.prefix().isEmpty() ? 0 : prefixTokens(fixture, contract.prefix(), all);
        for (int i = opening; i < first.length - closing - suffix; i++) {
            ids.add(first[i]);
        }
        for (int[] piece : read.pieces().subList(1, read.pieces().size())) {
            int from = opening + prefix + contract.overlapTokens();
            for (int i = from; i < piece.length - closing - suffix; i++) {
                ids.add(piece[i]);
            }
        }
        int[] beginning = Arrays.copyOf(all, all.length - suffix - read.truncatedTokens());
        boolean suffixed = suffix == 0
                || read.pieces().stream().allMatch(piece -> piece[piece.length - closing - 1] == all[all.length - 1]);
        return suffixed
                && Arrays.equals(ids.stream().mapToInt(Integer::intValue).toArray(), beginning);
    }

    /** Tokens before the space that ends the prefix, which is the next word's. */
    private static int prefixTokens(Fixture fixture, String prefix, int[] all) {
        int count = 0;
        StringBuilder read = new StringBuilder();
        while (read.length() < prefix.strip().length()) {
            read.append(fixture.vocabulary().term(all[count++]).replace("▁", ""));
        }
        return count;
    }

    private static String randomText(Random random) {
        String letters = "aetoin srhld.,🙂é中 '";
        int[] points = letters.codePoints().toArray();
        StringBuilder text = new StringBuilder("the");
        int length = random.nextInt(120);
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(points[random.nextInt(points.length)]);
        }
        return text.toString();
    }

    @Test
    void refusesAPrefixThatTheTokenizerDoesNotKnow() throws IOException {
        try (Fixture fixture = Fixture.open(WORD_PIECE)) {
            assertThatThrownBy(() -> fixture.reader(contract("ᚠᚢ: ", "", 100)))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContainingAll(PLACE + ".prefix is 'ᚠᚢ: '", "tokenizer.json", "'[UNK] :'");
            assertThatThrownBy(() -> fixture.reader(contract("", "\u200B", 100)))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContainingAll(PLACE + ".suffix", "reads it as nothing");
            // Spelled out, the unknown token is meant.
            assertThat(fixture.reader(contract("[UNK] ", "", 100)).read("a").tokens())
                    .isEqualTo(4);
        }
    }

    @Test
    void refusesAFrameThatLeavesNoRoomForAText() throws IOException {
        try (Fixture fixture = Fixture.open(WORD_PIECE)) {
            assertThatThrownBy(() -> fixture.reader(contract("one two three ", " four", 6)))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining(
                            PLACE + ".max_tokens is 6, but the prefix takes 3 tokens, the suffix 1 and the "
                                    + "tokenizer's template 2")
                    .hasMessageContaining("raise max_tokens");
            assertThatThrownBy(() -> fixture.reader(TextContract.cutAt(2))).hasMessageContaining("template 2");
            assertThatThrownBy(() -> fixture.reader(new TextContract("one ", "", true, 8, 2, 5)))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining(PLACE + ".overlap_tokens is 5, but a piece has room for 5 tokens");
            assertThat(fixture.reader(contract("one two three ", " four", 7))
                            .read("mill mill")
                            .truncatedTokens())
                    .isEqualTo(1);
        }
    }
}
