package io.millrace.model.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.contract.PruningContract;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PruningTest {
    private static final SparseVector VECTOR = vector(2, 1f, 5, 3f, 7, 1f, 9, 2f);

    private record Term(int id, float weight) {}

    private static SparseVector vector(Number... idsAndWeights) {
        int[] ids = new int[idsAndWeights.length / 2];
        float[] weights = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = idsAndWeights[2 * i].intValue();
            weights[i] = idsAndWeights[2 * i + 1].floatValue();
        }
        return new SparseVector(ids, weights);
    }

    private static SparseVector prune(PruningContract rules, SparseVector vector, int... inputTerms) {
        return new Pruning(rules).prune(vector, inputTerms);
    }

    /** The rules as they are written down, on lists. */
    private static SparseVector naive(PruningContract rules, SparseVector vector, int[] inputTerms) {
        List<Term> all = new ArrayList<>();
        for (int i = 0; i < vector.size(); i++) {
            all.add(new Term(vector.ids()[i], vector.weights()[i]));
        }
        all.sort(Comparator.comparingDouble((Term term) -> -term.weight()).thenComparingInt(Term::id));
        Set<Integer> own = IntStream.of(inputTerms).boxed().collect(Collectors.toSet());
        List<Term> kept = all;
        if (rules.inputTermsOnly() && all.stream().anyMatch(term -> own.contains(term.id()))) {
            kept = all.stream().filter(term -> own.contains(term.id())).toList();
        }
        List<Term> left = new ArrayList<>();
        for (Term term : kept) {
            boolean heavy = term.weight() >= rules.minWeight()
                    && term.weight() >= rules.minShareOfMax() * kept.getFirst().weight();
            if (left.isEmpty() || heavy) {
                left.add(term);
            }
        }
        double sum = left.stream().mapToDouble(Term::weight).sum();
        double before = 0;
        Set<Term> result = new TreeSet<>(Comparator.comparingInt(Term::id));
        for (Term term : left) {
            boolean reached = rules.mass() < 1 && before >= rules.mass() * sum;
            boolean full = rules.topTerms() > 0 && result.size() == rules.topTerms();
            if (!result.isEmpty() && (reached || full)) {
                break;
            }
            result.add(term);
            before += term.weight();
        }
        float[] weights = new float[result.size()];
        int i = 0;
        for (Term term : result) {
            weights[i++] = term.weight();
        }
        return new SparseVector(result.stream().mapToInt(Term::id).toArray(), weights);
    }

    private static SparseVector random(Random random) {
        int[] ids = random.ints(random.nextInt(60), 0, 100).distinct().sorted().toArray();
        float[] weights = new float[ids.length];
        // Quarters, so that ties and exact sums are common.
        for (int i = 0; i < ids.length; i++) {
            weights[i] = (1 + random.nextInt(12)) / 4f;
        }
        return new SparseVector(ids, weights);
    }

    @Test
    void equalsTheNaiveFormUnderRandomRules() {
        int changed = 0;
        for (long seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            PruningContract rules = new PruningContract(
                    random.nextBoolean(),
                    random.nextBoolean() ? 0 : random.nextInt(14) / 4.0,
                    random.nextBoolean() ? 0 : random.nextInt(5) / 4.0,
                    random.nextBoolean() ? 1 : (1 + random.nextInt(8)) / 8.0,
                    random.nextBoolean() ? 0 : 1 + random.nextInt(30));
            SparseVector vector = random(random);
            int[] own =
                    random.ints(random.nextInt(40), 0, 100).distinct().sorted().toArray();
            SparseVector pruned = prune(rules, vector, own);
            assertThat(pruned).as("seed %d, %s of %s", seed, rules, vector).isEqualTo(naive(rules, vector, own));
            assertThat(pruned.isEmpty()).isEqualTo(vector.isEmpty());
            changed += pruned.size() < vector.size() ? 1 : 0;
            // Nothing new can be ruled out by rules that compare with the largest weight only.
            if (rules.mass() == 1) {
                assertThat(prune(rules, pruned, own)).isSameAs(pruned);
            }
        }
        assertThat(changed).isBetween(2_000, 4_900);
    }

    @Test
    void theHeaviestTermStaysUnderEveryRuleAndTheSmallerIdWinsTies() {
        SparseVector even = vector(3, 0.5f, 4, 0.5f, 8, 0.5f);
        assertThat(prune(new PruningContract(false, 9, 0, 1, 0), even)).isEqualTo(vector(3, 0.5f));
        assertThat(prune(new PruningContract(false, 0, 0, 0.001, 0), even)).isEqualTo(vector(3, 0.5f));
        assertThat(prune(PruningContract.top(2), even)).isEqualTo(vector(3, 0.5f, 4, 0.5f));
        assertThat(prune(PruningContract.top(1), VECTOR)).isEqualTo(vector(5, 3f));
        assertThat(prune(PruningContract.top(3), VECTOR)).isEqualTo(vector(2, 1f, 5, 3f, 9, 2f));
    }

    @Test
    void whatIsKeptWholeIsNotCopied() {
        assertThat(prune(PruningContract.NONE, VECTOR)).isSameAs(VECTOR);
        assertThat(prune(new PruningContract(true, 1, 0.1, 1, 4), VECTOR, 2, 5, 7, 9))
                .isSameAs(VECTOR);
        assertThat(prune(PruningContract.top(2), SparseVector.EMPTY)).isSameAs(SparseVector.EMPTY);
    }

    @Test
    void inputTermsApplyBeforeTheOtherRulesAndGiveWayWhereNoneHasAWeight() {
        PruningContract rules = new PruningContract(true, 0, 0.5, 1, 0);
        // The largest of the text's own terms is 2, so 1 is half of it.
        assertThat(prune(rules, VECTOR, 2, 4, 9)).isEqualTo(vector(2, 1f, 9, 2f));
        assertThat(prune(rules, VECTOR, 1, 4)).isEqualTo(vector(5, 3f, 9, 2f));
        assertThat(prune(rules, VECTOR)).isEqualTo(vector(5, 3f, 9, 2f));
    }

    /** abs_value, max_ratio and top_k of OpenSearch's neural-search plugin, by their documentation. */
    @Test
    void doesWhatOpenSearchDoesWhereTheTwoAgree() {
        SparseVector tokens = vector(1, 5f, 2, 3f, 3, 2f, 4, 1f);
        assertThat(prune(new PruningContract(false, 3, 0, 1, 0), tokens)).isEqualTo(vector(1, 5f, 2, 3f));
        assertThat(prune(new PruningContract(false, 0, 0.4, 1, 0), tokens)).isEqualTo(vector(1, 5f, 2, 3f, 3, 2f));
        assertThat(prune(PruningContract.top(2), tokens)).isEqualTo(vector(1, 5f, 2, 3f));
    }

    /** 5 + 3 of 11 are 0.73, so alpha_mass 0.8 keeps two there, and a third here; of 0.4 it keeps none, and the first here. */
    @Test
    void theTermThatReachesTheMassIsKeptUnlikeInOpenSearch() {
        SparseVector tokens = vector(1, 5f, 2, 3f, 3, 2f, 4, 1f);
        assertThat(prune(new PruningContract(false, 0, 0, 0.8, 0), tokens)).isEqualTo(vector(1, 5f, 2, 3f, 3, 2f));
        assertThat(prune(new PruningContract(false, 0, 0, 0.4, 0), tokens)).isEqualTo(vector(1, 5f));
        // Reached exactly, both keep the same.
        assertThat(prune(new PruningContract(false, 0, 0, 8 / 11.0, 0), tokens)).isEqualTo(vector(1, 5f, 2, 3f));
    }

    @Test
    void thresholdsOfShortDecimalsKeepTheWeightsThatAreWrittenAlike() {
        assertThat(prune(new PruningContract(false, 0.1, 0, 1, 0), vector(1, 1f, 2, 0.1f))
                        .size())
                .isEqualTo(2);
        assertThat(prune(new PruningContract(false, 0, 0.1, 1, 0), vector(1, 3f, 2, 0.3f))
                        .size())
                .isEqualTo(2);
    }

    @Test
    void piecesAreJoinedByTheLargerWeightOfEachTerm() {
        SparseVector joined =
                LargestWeights.of(List.of(vector(2, 1f, 5, 3f), vector(1, 2f, 5, 4f), vector(2, 0.5f, 9, 1f)));
        assertThat(joined).isEqualTo(vector(1, 2f, 2, 1f, 5, 4f, 9, 1f));
        assertThat(LargestWeights.of(List.of(VECTOR))).isSameAs(VECTOR);
        assertThat(LargestWeights.of(List.of(SparseVector.EMPTY, VECTOR))).isEqualTo(VECTOR);
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            List<SparseVector> pieces = List.of(random(random), random(random), random(random), random(random));
            SparseVector all = LargestWeights.of(pieces);
            for (int term = 0; term < 100; term++) {
                int id = term;
                double largest = pieces.stream()
                        .mapToDouble(piece -> piece.weight(id))
                        .max()
                        .orElse(0);
                assertThat((double) all.weight(term)).isEqualTo(largest);
            }
        }
    }
}
