package io.millrace.trainer.data.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.data.Draws;
import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.TrainingExample;
import io.millrace.trainer.data.pool.SamplingRules.Shortage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GroupSamplerTest {
    private static Candidate candidate(String id, double score) {
        return new Candidate(id, () -> Optional.of("text of " + id), OptionalDouble.of(score));
    }

    private static CandidatePool pool(List<Candidate> positives, List<Candidate> negatives, String... relevant) {
        return new CandidatePool(new Passage("q", "query"), positives, Candidates.of(negatives), Set.of(relevant));
    }

    private static List<String> ids(TrainingExample example) {
        return example.candidates().stream().map(Passage::id).toList();
    }

    private static TrainingExample group(SamplingRules rules, CandidatePool pool, long epoch) throws IOException {
        return switch (new GroupSampler(rules).sample(pool, Draws.of(1, epoch, 0))) {
            case GroupSampler.Result.Group(TrainingExample example) -> example;
            case GroupSampler.Result.Skipped(SkipReason reason) -> throw new AssertionError(reason);
        };
    }

    private static SkipReason skip(SamplingRules rules, CandidatePool pool) throws IOException {
        return switch (new GroupSampler(rules).sample(pool, Draws.of(1, 0, 0))) {
            case GroupSampler.Result.Group(TrainingExample example) -> throw new AssertionError(example);
            case GroupSampler.Result.Skipped(SkipReason reason) -> reason;
        };
    }

    /** Held against a plain reading of the rules: which documents may stand where. */
    @Test
    void groupsHoldWhatTheRulesAllow() throws IOException {
        Random random = new Random(6);
        for (int round = 0; round < 2_000; round++) {
            List<Candidate> positives = new ArrayList<>();
            List<Candidate> negatives = new ArrayList<>();
            Set<String> relevant = new HashSet<>();
            Map<String, Double> scores = new HashMap<>();
            for (int d = 0; d < 20; d++) {
                String id = "d" + d;
                // Texts of some documents are those of others, but for blanks.
                String text = random.nextInt(4) == 0 ? " text  of d" + random.nextInt(20) : "text of " + id;
                scores.put(id, (double) random.nextInt(10));
                Candidate candidate =
                        new Candidate(id, () -> Optional.of(text), OptionalDouble.of(scores.getOrDefault(id, 0.0)));
                if (random.nextInt(8) == 0) {
                    positives.add(candidate);
                    relevant.add(id);
                }
                negatives.add(candidate);
            }
            double margin = random.nextInt(4);
            SamplingRules rules = SamplingRules.ofSize(4).scored().withMargin(margin);
            CandidatePool pool = pool(positives, negatives, relevant.toArray(String[]::new));
            GroupSampler.Result result = new GroupSampler(rules).sample(pool, Draws.of(3, 0, round));
            if (!(result instanceof GroupSampler.Result.Group(TrainingExample example))) {
                continue;
            }
            assertThat(example.candidates()).hasSize(4);
            assertThat(relevant).contains(example.positive().id());
            Set<String> positiveTexts = new HashSet<>();
            for (Candidate positive : positives) {
                positiveTexts.add(plain(positive.text().get().orElseThrow()));
            }
            Set<String> texts = new HashSet<>();
            for (int c = 0; c < 4; c++) {
                Passage passage = example.candidates().get(c);
                assertThat((double) example.scores().get(c)).isEqualTo(scores.get(passage.id()));
                assertThat(texts.add(plain(passage.text()))).isTrue();
                if (c > 0) {
                    assertThat(relevant).doesNotContain(passage.id());
                    assertThat(positiveTexts).doesNotContain(plain(passage.text()));
                    assertThat((double) example.scores().get(c))
                            .isLessThanOrEqualTo(example.scores().getFirst() - margin);
                }
            }
        }
    }

    private static String plain(String text) {
        return text.replaceAll("\\s+", "");
    }

    @Test
    void everyNegativeIsDrawnAsOften() throws IOException {
        List<Candidate> negatives = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            negatives.add(candidate("n" + i, 0));
        }
        CandidatePool pool = pool(List.of(candidate("p", 5), candidate("r", 5)), negatives, "p", "r");
        Map<String, Integer> seen = new HashMap<>();
        for (int epoch = 0; epoch < 10_000; epoch++) {
            ids(group(SamplingRules.ofSize(4), pool, epoch)).forEach(id -> seen.merge(id, 1, Integer::sum));
        }
        // 10,000 groups of 3 of 10: 3,000 each, with a standard deviation of 46; of 2 positives 5,000 each (50).
        for (int i = 0; i < 10; i++) {
            assertThat(seen.get("n" + i)).isBetween(2_770, 3_230);
        }
        assertThat(seen.get("p")).isBetween(4_750, 5_250);
    }

    @Test
    void theSameDrawsGiveTheSameGroup() throws IOException {
        List<Candidate> negatives = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            negatives.add(candidate("n" + i, 0));
        }
        CandidatePool pool = pool(List.of(candidate("p", 5)), negatives, "p");
        SamplingRules rules = SamplingRules.ofSize(8);
        assertThat(group(rules, pool, 3)).isEqualTo(group(rules, pool, 3));
        assertThat(ids(group(rules, pool, 3))).isNotEqualTo(ids(group(rules, pool, 4)));
    }

    @Test
    void whatGivesNoGroupSaysWhy() throws IOException {
        Candidate unscored = new Candidate("u", () -> Optional.of("u"), OptionalDouble.empty());
        Candidate missing = new Candidate("m", Optional::empty, OptionalDouble.of(1));
        SamplingRules two = SamplingRules.ofSize(2);
        assertThat(skip(two, pool(List.of(), List.of(candidate("n", 1))))).isEqualTo(SkipReason.NO_POSITIVE);
        assertThat(skip(two, pool(List.of(missing), List.of(candidate("n", 1)))))
                .isEqualTo(SkipReason.NO_POSITIVE);
        assertThat(skip(two.scored(), pool(List.of(unscored), List.of(candidate("n", 1)))))
                .isEqualTo(SkipReason.NO_POSITIVE);
        assertThat(skip(two.scored(), pool(List.of(candidate("p", 1)), List.of(unscored, missing))))
                .isEqualTo(SkipReason.TOO_FEW_NEGATIVES);
        assertThat(skip(two, new CandidatePool(new Passage("q", " "), List.of(), Candidates.of(List.of()), Set.of())))
                .isEqualTo(SkipReason.NO_QUERY_TEXT);
        CandidatePool twoNegatives =
                pool(List.of(candidate("p", 9)), List.of(candidate("a", 1), candidate("b", 1)), "p");
        assertThat(skip(SamplingRules.ofSize(4), twoNegatives)).isEqualTo(SkipReason.TOO_FEW_NEGATIVES);
        List<String> repeated = ids(group(SamplingRules.ofSize(6).with(Shortage.REPEAT), twoNegatives, 0));
        assertThat(repeated).hasSize(6).startsWith("p");
        assertThat(repeated.subList(1, 6)).containsOnly("a", "b");
        assertThat(repeated.get(1)).isEqualTo(repeated.get(3)).isNotEqualTo(repeated.get(2));
        assertThat(ids(group(SamplingRules.ofSize(1), pool(List.of(candidate("p", 1)), List.of()), 0)))
                .containsExactly("p");
    }
}
