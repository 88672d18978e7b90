package io.millrace.model.hybrid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.model.TextRole;
import io.millrace.model.lexical.Bm25;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HybridSpaceTest {
    private static final SparseVector LEARNED =
            new SparseVector(new int[] {3, 512, 30_521}, new float[] {.5f, 1.25f, 2f});
    private static final HybridSettings SETTINGS = new HybridSettings(Bm25.LUCENE, 4, 1.5);

    private static HybridSpace space(HybridSettings settings) {
        return HybridSpace.of(NamedModel.BERT, settings);
    }

    private static int id(String term) {
        return new LexicalIds(NamedModel.BERT.vocabularySize()).of(term);
    }

    @Test
    void idsAreThoseOfTheDocumentedRule() {
        // model/src/test/python/lexical_ids.py
        assertThat(Integer.toUnsignedLong(id("earthquak"))).isEqualTo(34677434L);
        assertThat(Integer.toUnsignedLong(id("studi"))).isEqualTo(4_022_465_561L);
        assertThat(Integer.toUnsignedLong(id("über"))).isEqualTo(101149888L);
        assertThat(Integer.toUnsignedLong(id("1984"))).isEqualTo(3_409_111_032L);
    }

    @Test
    void idsLieAboveTheVocabularyWhateverItsSize() {
        for (int first : new int[] {0, 1, 30_522, Integer.MAX_VALUE, Integer.MIN_VALUE, -16, -1}) {
            LexicalIds ids = new LexicalIds(first);
            for (int i = 0; i < 2_000; i++) {
                assertThat(Integer.compareUnsigned(ids.of("term" + i), first)).isNotNegative();
            }
        }
    }

    @Test
    void documentsAndQueriesHaveTheModelsTermsAndTheirWords() {
        HybridSpace space = space(SETTINGS);
        String text = "The earthquakes: an earthquake, and its study!";
        SparseVector document = space.add(LEARNED, text, TextRole.DOCUMENT);
        SparseVector query = space.add(LEARNED, text, TextRole.QUERY);
        // earthquak twice, studi once, its: three of four terms differ; "its" is no stop word.
        assertThat(document.size()).isEqualTo(6);
        assertThat(Arrays.copyOf(document.ids(), 3)).isEqualTo(LEARNED.ids());
        assertThat(Arrays.copyOf(document.weights(), 3)).isEqualTo(LEARNED.weights());
        // Its length is the average.
        assertThat(document.weight(id("earthquak"))).isCloseTo((float) (1.5 * 2 * 2.2 / 3.2), within(1e-6f));
        assertThat(document.weight(id("studi"))).isCloseTo(1.5f, within(1e-6f));
        assertThat(query.weight(id("earthquak"))).isEqualTo(2f);
        assertThat(query.weight(id("studi"))).isEqualTo(1f);
        assertThat(space.spellings(text))
                .hasSize(3)
                .containsEntry(id("earthquak"), "earthquak")
                .containsEntry(id("studi"), "studi");
    }

    @Test
    void textsMostlyInAnotherScriptHaveTheModelsTermsAlone() {
        HybridSpace space = space(SETTINGS);
        for (String text : List.of("東京は日本の首都である", "Москва — столица России", "η Αθήνα", "東京都庁舎 xy", "", "the of")) {
            assertThat(space.add(LEARNED, text, TextRole.DOCUMENT)).as(text).isEqualTo(LEARNED);
            assertThat(space.add(LEARNED, text, TextRole.QUERY)).as(text).isEqualTo(LEARNED);
            assertThat(space.spellings(text)).as(text).isEmpty();
        }
        for (String text : List.of("Zürich liegt in der Schweiz", "1984", "Tokyo (東京)", "café", "𝒳 marks")) {
            assertThat(space.add(LEARNED, text, TextRole.DOCUMENT).size())
                    .as(text)
                    .isGreaterThan(LEARNED.size());
        }
    }

    @Test
    void everySettingAndTheModelDecideTheSpaceId() {
        Set<String> ids = new HashSet<>();
        List<HybridSettings> all = List.of(
                SETTINGS,
                new HybridSettings(Bm25.ANSERINI, 4, 1.5),
                new HybridSettings(new Bm25(1.2, .4), 4, 1.5),
                new HybridSettings(new Bm25(.9, .75), 4, 1.5),
                new HybridSettings(Bm25.LUCENE, 4.5, 1.5),
                new HybridSettings(Bm25.LUCENE, 4, 1.25));
        all.forEach(settings -> ids.add(space(settings).spaceId()));
        ids.add(HybridSpace.of(new NamedModel("cd".repeat(32), 30_522), SETTINGS)
                .spaceId());
        ids.add(HybridSpace.of(new NamedModel("ab".repeat(32), 30_523), SETTINGS)
                .spaceId());
        assertThat(ids)
                .hasSize(all.size() + 2)
                .doesNotContain(NamedModel.BERT.spaceId())
                .allMatch(id -> id.matches("[0-9a-f]{64}"));
        assertThat(space(SETTINGS).spaceId()).isEqualTo(space(SETTINGS).spaceId());
    }

    @Test
    void aTextOfVeryManyWordsFitsAVectorAndKeepsTheModelsTerms() {
        String text = IntStream.range(0, 100_000).mapToObj(i -> "w" + i).collect(Collectors.joining(" "));
        SparseVector document = space(SETTINGS).add(LEARNED, text, TextRole.DOCUMENT);
        assertThat(document.size()).isBetween(32_000, LEARNED.size() + LexicalTerms.MAX_TERMS);
        int[] many = IntStream.range(0, 30_000).toArray();
        SparseVector wide = new SparseVector(many, filled(many.length));
        assertThat(space(SETTINGS).add(wide, text, TextRole.QUERY).size())
                .isBetween(62_000, SparseVector.MAX_NON_ZEROS);
        int[] most = IntStream.range(0, SparseVector.MAX_NON_ZEROS).toArray();
        SparseVector full = new SparseVector(most, filled(most.length));
        HybridSpace roomy = HybridSpace.of(new NamedModel("ab".repeat(32), 100_000), SETTINGS);
        assertThat(roomy.add(full, text, TextRole.DOCUMENT)).isEqualTo(full);
    }

    private static float[] filled(int length) {
        float[] ones = new float[length];
        Arrays.fill(ones, 1f);
        return ones;
    }

    @Test
    void termsThatShareAnIdAreOneTerm() {
        LexicalIds two = new LexicalIds(-2);
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            words.add("word" + i);
        }
        LexicalTerms terms = LexicalTerms.counted(words, two, 10);
        assertThat(terms.ids()).containsExactly(-2, -1);
        assertThat(terms.counts()[0] + terms.counts()[1]).isEqualTo(50);
        assertThat(terms.length()).isEqualTo(50);
    }

    @Test
    void averageLengthIsThatOfTextsThatHaveTerms() {
        assertThat(HybridSettings.averageLength(List.of("two mills", "東京", "", "one more long river")))
                .isEqualTo(3);
        assertThat(HybridSettings.averageLength(List.of())).isEqualTo(HybridSettings.USUAL_LENGTH);
        assertThat(HybridSettings.averageLength(List.of("東京"))).isEqualTo(HybridSettings.USUAL_LENGTH);
    }

    @Test
    void numbersThatMakeNoWeightsAreRefused() {
        for (double wrong : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -1, 0, 1e9}) {
            assertThatThrownBy(() -> new HybridSettings(Bm25.LUCENE, wrong, 1))
                    .hasMessageContaining("average_length is");
            assertThatThrownBy(() -> new HybridSettings(Bm25.LUCENE, 10, wrong))
                    .hasMessageContaining("mixing_weight is");
        }
        assertThatThrownBy(() -> new HybridSettings(new Bm25(1e9, .5), 10, 1)).hasMessageContaining("k1 is");
        // The least and the largest weights of what is allowed are floats above 0.
        String text = "mill ".repeat(30_000) + "wheel";
        for (HybridSettings edge : List.of(
                new HybridSettings(new Bm25(1e3, 1), 1, 1e-3),
                new HybridSettings(new Bm25(1e3, 0), 1e6, 1e3),
                new HybridSettings(new Bm25(0, 0), 1, 1e-3))) {
            assertThat(space(edge)
                            .add(SparseVector.EMPTY, text, TextRole.DOCUMENT)
                            .size())
                    .isEqualTo(2);
        }
    }
}
