package io.millrace.model.lexical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.model.engine.Precision;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LexicalEncoderTest {
    private static final EncoderOptions OPTIONS = EncoderOptions.defaults();

    @TempDir
    private Path folder;

    private CorpusStatistics.Summary write(Path target, Bm25 bm25, String... texts) throws IOException {
        CorpusStatistics statistics = new CorpusStatistics(new LexicalSettings("three", TextAnalysis.ENGLISH, bm25));
        List.of(texts).forEach(statistics::add);
        return statistics.write(target);
    }

    private static SparseVector vector(SparseEncoder encoder, String text, TextRole role) {
        return encoder.encode(encoder.tokenize(List.of(text), role), role).getFirst();
    }

    @Test
    void weighsTermsByTheFormulaOnThreeDocuments() throws IOException {
        CorpusStatistics.Summary summary = write(
                folder, new Bm25(1.2, 0.75), "The Running of the mills", "mill wheels, mill stones", "the of a", "");
        // Without stop words: run mill | mill wheel mill stone; the other two have no term.
        assertThat(summary).isEqualTo(new CorpusStatistics.Summary(2, 3, 4, 0, 0));
        try (SparseEncoder encoder = SparseEncoders.open(folder, OPTIONS)) {
            int mill = TermIds.of("mill");
            int run = TermIds.of("run");
            SparseVector document = vector(encoder, "Mills, mill's wheels", TextRole.DOCUMENT);
            assertThat(document.size()).isEqualTo(2);
            assertThat(document.weight(mill)).isCloseTo((float) (2 * 2.2 / (2 + 1.2)), within(1e-6f));
            SparseVector query = vector(encoder, "run to the mill, run to the sea", TextRole.QUERY);
            assertThat(query.weight(mill)).isCloseTo((float) Math.log(1 + 0.5 / 2.5), within(1e-6f));
            assertThat(query.weight(run)).isCloseTo((float) (2 * Math.log(1 + 1.5 / 1.5)), within(1e-6f));
            assertThat(query.weight(TermIds.of("sea"))).isCloseTo((float) Math.log(1 + 2.5 / 0.5), within(1e-6f));
            assertThat(encoder.term(mill)).isEqualTo("mill");
            assertThat(encoder.term(TermIds.of("sea"))).isEqualTo("#" + TermIds.of("sea"));
            assertThat(vector(encoder, "the", TextRole.QUERY)).isEqualTo(SparseVector.EMPTY);
        }
    }

    @Test
    void hashesAsDocumentedOnPublishedValues() {
        // FNV-1a-64 of "", "a" and "foobar", from its authors' test vectors.
        assertThat(TermIds.of("")).isEqualTo((int) Long.remainderUnsigned(0xcbf29ce484222325L, 2147483647));
        assertThat(TermIds.of("a")).isEqualTo((int) Long.remainderUnsigned(0xaf63dc4c8601ec8cL, 2147483647));
        assertThat(TermIds.of("foobar")).isEqualTo((int) Long.remainderUnsigned(0x85944171f73967e8L, 2147483647));
    }

    @Test
    void takesTermsThatShareAnIdForOneAndReportsThem() throws IOException {
        List<String> pair = twoTermsWithOneId();
        CorpusStatistics statistics =
                new CorpusStatistics(new LexicalSettings("shared", TextAnalysis.WHITESPACE, Bm25.ANSERINI));
        statistics.add(pair.getFirst() + " " + pair.getLast());
        statistics.add(pair.getLast() + " x");
        CorpusStatistics.Summary summary = statistics.write(folder);
        assertThat(summary.sharedIds()).isEqualTo(1);
        assertThat(summary.termIds()).isEqualTo(2);
        try (SparseEncoder encoder = SparseEncoders.open(folder, OPTIONS)) {
            int id = TermIds.of(pair.getFirst());
            assertThat(encoder.term(id)).isEqualTo(pair.getFirst() + " " + pair.getLast());
            assertThat(vector(encoder, pair.getFirst(), TextRole.QUERY).weight(id))
                    .isCloseTo((float) Math.log(1 + 0.5 / 2.5), within(1e-6f));
        }
    }

    /** Two terms with one id: among 200,000 random terms there are about nine such pairs. */
    private static List<String> twoTermsWithOneId() {
        SplittableRandom random = new SplittableRandom(9);
        Map<Integer, String> seen = new HashMap<>();
        for (int i = 0; i < 200_000; i++) {
            String term = Long.toString(random.nextLong(1L << 60), 36);
            String same = seen.putIfAbsent(TermIds.of(term), term);
            if (same != null) {
                return List.of(same, term);
            }
        }
        throw new AssertionError("no two of 200,000 terms share an id");
    }

    @Test
    void cutsTextsAndSaysSo() throws IOException {
        write(folder, Bm25.ANSERINI, "one two three four");
        try (SparseEncoder encoder = SparseEncoders.open(folder, OPTIONS.withMaxTokens(3));
                SparseEncoder whole = SparseEncoders.open(folder, OPTIONS)) {
            TokenizedText text = encoder.tokenize(List.of("one two three four five"), TextRole.DOCUMENT)
                    .getFirst();
            assertThat(text.tokens()).isEqualTo(3);
            assertThat(text.truncatedTokens()).isEqualTo(2);
            assertThat(encoder.spaceId()).isNotEqualTo(whole.spaceId()).hasSize(64);
            assertThatThrownBy(() -> encoder.encode(
                            whole.tokenize(List.of("one two three four"), TextRole.QUERY), TextRole.QUERY))
                    .hasMessageContaining("has 4 tokens, but the limit is 3");
        }
    }

    @Test
    void isAnotherSpaceWhenAnythingThatDecidesWeightsIsAnother() throws IOException {
        Path a = folder.resolve("a");
        Path b = folder.resolve("b");
        Path c = folder.resolve("c");
        write(a, Bm25.ANSERINI, "one two");
        write(b, new Bm25(0.9, 0.5), "one two");
        write(c, Bm25.ANSERINI, "one too");
        Path renamed = folder.resolve("renamed");
        CorpusStatistics statistics =
                new CorpusStatistics(new LexicalSettings("another name", TextAnalysis.ENGLISH, Bm25.ANSERINI));
        statistics.add("one two");
        statistics.write(renamed);
        try (SparseEncoder first = SparseEncoders.open(a, OPTIONS);
                SparseEncoder second = SparseEncoders.open(b, OPTIONS);
                SparseEncoder third = SparseEncoders.open(c, OPTIONS);
                SparseEncoder same = SparseEncoders.open(renamed, OPTIONS)) {
            assertThat(first.spaceId()).isNotEqualTo(second.spaceId()).isNotEqualTo(third.spaceId());
            assertThat(first.spaceId()).isEqualTo(same.spaceId());
        }
    }

    @Test
    void refusesWhatItCannotHonour() throws IOException {
        write(folder, Bm25.ANSERINI, "one two");
        assertThatThrownBy(() -> SparseEncoders.open(folder, OPTIONS.withPrecision(Precision.INT8)))
                .hasMessageContaining("is a lexical model, which has no layers");
        assertThatThrownBy(() -> SparseEncoders.open(folder, OPTIONS.withAdapters(List.of(folder))))
                .hasMessageContaining("leave out adapters");
        assertThatThrownBy(() -> new CorpusStatistics(new LexicalSettings("none", TextAnalysis.ENGLISH, Bm25.ANSERINI))
                        .write(folder.resolve("none")))
                .hasMessageContaining("no document has a term");
        assertThatThrownBy(() -> TextAnalysis.of("french")).hasMessageContaining("[english, standard, whitespace]");
        assertThatThrownBy(() -> new Bm25(-1, 0.4)).hasMessageContaining("k1 must be");
    }

    @Test
    void refusesAFolderThatWasChanged() throws IOException {
        write(folder, Bm25.ANSERINI, "one two");
        Path manifest = folder.resolve("lexical.json");
        String json = Files.readString(manifest);
        assertRefused(json.replace("\"lucene\" : ", "\"lucene\" : 1"), "make the folder again with this program");
        assertRefused(json.replace("\"format\" : 1", "\"format\" : 2"), "format is 2");
        assertRefused(json.replace("\"b\" : 0.4", "\"b\" : \"x\""), "b is \"x\", not a number");
        assertRefused(json.replace("\"b\" : 0.4,", ""), "the keys are");
        assertRefused(json.replace("\"documents\" : 1", "\"documents\" : 0"), "there must be a document");
        assertRefused(json.replace("english", "klingon"), "the known ones are");
        assertRefused("[", "not valid JSON");
        assertRefused("[]", "the keys are []");
        Files.writeString(manifest, json);
        byte[] terms = Files.readAllBytes(folder.resolve("terms.bin"));
        terms[terms.length - 1]++;
        Files.write(folder.resolve("terms.bin"), terms);
        assertThatThrownBy(() -> SparseEncoders.open(folder, OPTIONS))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("has SHA-256");
        Files.delete(folder.resolve("terms.bin"));
        assertThatThrownBy(() -> SparseEncoders.open(folder, OPTIONS)).hasMessageContaining("but no terms.bin");
    }

    private void assertRefused(String json, String message) throws IOException {
        Files.writeString(folder.resolve("lexical.json"), json);
        assertThatThrownBy(() -> SparseEncoders.open(folder, OPTIONS))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining(message);
    }
}
