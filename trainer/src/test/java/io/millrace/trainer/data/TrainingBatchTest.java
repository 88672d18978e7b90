package io.millrace.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TrainingBatchTest {
    private static final Cursor AFTER = Cursor.start(1, "data");

    private static TrainingExample example(String query, List<String> ids, List<Float> scores, String... relevant) {
        return new TrainingExample(
                new Passage(query, "text " + query),
                ids.stream().map(id -> new Passage(id, "text " + id)).toList(),
                scores,
                Set.of(relevant));
    }

    @Test
    void laysGroupsOutOneAfterTheOther() {
        TrainingBatch batch = new TrainingBatch(
                List.of(
                        example("q", List.of("a", "b"), List.of(1f, 2f)),
                        example("r", List.of("c", "d"), List.of(3f, 4f))),
                AFTER);
        assertThat(batch.queries()).isEqualTo(2);
        assertThat(batch.groupSize()).isEqualTo(2);
        assertThat(batch.queryTexts()).containsExactly("text q", "text r");
        assertThat(batch.candidateTexts()).containsExactly("text a", "text b", "text c", "text d");
        assertThat(batch.scores()).containsExactly(1f, 2f, 3f, 4f);
    }

    @Test
    void namesOtherQueriesCandidatesThatAnswerAQuery() {
        TrainingBatch batch = new TrainingBatch(
                List.of(
                        example("q", List.of("a", "b"), List.of(), "a", "d"),
                        example("r", List.of("c", "d"), List.of(), "c"),
                        example("s", List.of("a", "e"), List.of(), "a", "e")),
                AFTER);
        BitSet expected = new BitSet();
        // For q: d of r by judgement, a of s by judgement and text; for s: a of q. Its own group is nobody's business.
        expected.set(3);
        expected.set(4);
        expected.set(2 * 6);
        assertThat(batch.falseNegatives()).isEqualTo(expected);
    }

    @Test
    void groupsOfDifferentFormsAreRefused() {
        TrainingExample two = example("q", List.of("a", "b"), List.of());
        TrainingExample three = example("q", List.of("a", "b", "c"), List.of());
        TrainingExample scored = example("q", List.of("a", "b"), List.of(1f, 2f));
        assertThatThrownBy(() -> new TrainingBatch(List.of(two, three), AFTER))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TrainingBatch(List.of(two, scored), AFTER))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TrainingBatch(List.of(), AFTER)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> example("q", List.of("a"), List.of(Float.NaN)))
                .hasMessageContaining("NaN; scores must be finite");
        assertThatThrownBy(() -> example("q", List.of("a"), List.of(1f, 2f)))
                .hasMessageContaining("1 candidates, but 2");
    }
}
