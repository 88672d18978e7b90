package io.millrace.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RankingTest {
    private static List<String> ids(Ranking ranking) {
        return ranking.documents().stream().map(ScoredDocument::id).toList();
    }

    @Test
    void ranksByScoreAndBreaksTiesByDescendingId() {
        Ranking ranking = Ranking.of(List.of(
                new ScoredDocument("a", 1f),
                new ScoredDocument("b", 2f),
                new ScoredDocument("c", 1f),
                new ScoredDocument("d", -1f)));
        assertThat(ids(ranking)).containsExactly("b", "c", "a", "d");
    }

    @Test
    void doesNotDependOnTheOrderOfItsInput() {
        Random random = new Random(5);
        List<ScoredDocument> documents = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            documents.add(new ScoredDocument("d" + i, random.nextInt(8)));
        }
        List<String> expected = ids(Ranking.of(documents));
        for (int round = 0; round < 20; round++) {
            Collections.shuffle(documents, random);
            assertThat(ids(Ranking.of(documents))).isEqualTo(expected);
        }
    }

    @Test
    void comparesIdsAsBytesAlsoBeyondTheBasicPlane() {
        Random random = new Random(6);
        int[] alphabet = {'a', 'z', 0xE9, 0x4E2D, 0xD7FF, 0xE000, 0xFFEE, 0x10000, 0x1F600};
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            StringBuilder word = new StringBuilder();
            for (int j = random.nextInt(4); j >= 0; j--) {
                word.appendCodePoint(alphabet[random.nextInt(alphabet.length)]);
            }
            words.add(word.toString());
        }
        for (String a : words) {
            for (String b : words) {
                int expected =
                        Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
                assertThat(Integer.signum(Ranking.compareUtf8(a, b)))
                        .as(a + " against " + b)
                        .isEqualTo(Integer.signum(expected));
            }
        }
    }

    @Test
    void leavesOutTheQueryItselfAndCutsAfterwards() {
        Ranking ranking = Ranking.of(
                List.of(new ScoredDocument("q", 9f), new ScoredDocument("a", 2f), new ScoredDocument("b", 1f)));
        assertThat(ids(ranking.without("q").top(1))).containsExactly("a");
        assertThat(ids(ranking.without("x"))).containsExactly("q", "a", "b");
        assertThat(ids(ranking.top(9))).hasSize(3);
    }

    @Test
    void refusesADocumentThatOccursTwice() {
        assertThatThrownBy(() -> Ranking.of(List.of(new ScoredDocument("a", 1f), new ScoredDocument("a", 2f))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'a' occurs twice");
    }

    @Test
    void refusesAScoreThatIsNotANumber() {
        assertThatThrownBy(() -> new ScoredDocument("a", Float.NaN)).hasMessageContaining("NaN");
    }

    @Test
    void refusesToAverageOverNothing() {
        assertThatThrownBy(() -> Evaluation.of(new Qrels(Map.of()), Map.of(), List.of(new Metric.Ndcg(10))))
                .hasMessageContaining("no query is judged");
    }

    @Test
    void refusesAMetricThatLooksAtNothing() {
        assertThatThrownBy(() -> new Metric.Recall(0)).hasMessageContaining("k = 0");
    }
}
