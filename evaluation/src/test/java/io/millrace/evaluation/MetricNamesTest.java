package io.millrace.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class MetricNamesTest {
    @Test
    void everyNameThatIsPrintedIsReadBack() {
        for (int k : new int[] {1, 10, 1000, Metric.ALL}) {
            List<Metric> metrics = List.of(
                    new Metric.Ndcg(k),
                    new Metric.Ndcg(k, Metric.Gain.EXPONENTIAL),
                    new Metric.ReciprocalRank(k, 2),
                    new Metric.Recall(k),
                    new Metric.AveragePrecision(k, 3),
                    new Metric.Precision(10, 2));
            for (Metric metric : metrics) {
                assertThat(MetricNames.parse(metric.name(), 1)).isEqualTo(metric);
            }
        }
    }

    @Test
    void aListIsReadAtTheLevelGiven() {
        assertThat(MetricNames.parseAll("ndcg@10, MRR@10,recall(rel=1)@1000,map", 2))
                .containsExactly(
                        new Metric.Ndcg(10),
                        new Metric.ReciprocalRank(10, 2),
                        new Metric.Recall(1000),
                        new Metric.AveragePrecision(Metric.ALL, 2));
    }

    @Test
    void namesWhatIsKnown() {
        for (String name : List.of("", "ndgc@10", "ndcg@", "ndcg@-1", "map(exp)", "ndcg(rel=2)@10", "p@10@5")) {
            assertThatThrownBy(() -> MetricNames.parse(name, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("there is no metric '" + name + "'; known are ndcg");
        }
        assertThatThrownBy(() -> MetricNames.parse("recall@0", 1)).hasMessageContaining("k = 0");
        assertThatThrownBy(() -> MetricNames.parse("map(rel=0)", 1)).hasMessageContaining("but not 0");
        assertThatThrownBy(() -> MetricNames.parse("p", 1)).hasMessageContaining("needs a cut-off");
        assertThatThrownBy(() -> MetricNames.parseAll("map,MAP", 1)).hasMessageContaining("asked for twice");
    }

    @Test
    void rankingsGivenInOrderKeepTheirTies() {
        List<ScoredDocument> hits =
                List.of(new ScoredDocument("a", 2f), new ScoredDocument("b", 2f), new ScoredDocument("c", 1f));
        assertThat(Ranking.inOrder(hits).documents()).isEqualTo(hits);
        assertThat(Ranking.of(hits).documents().getFirst().id()).isEqualTo("b");
        assertThatThrownBy(() -> Ranking.inOrder(hits.reversed()))
                .hasMessageContaining("'b' at rank 2 has the score 2.0");
        assertThatThrownBy(() -> Ranking.inOrder(List.of(hits.getFirst(), hits.getFirst())))
                .hasMessageContaining("'a' occurs twice");
    }
}
