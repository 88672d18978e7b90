package io.millrace.trainer.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.batch.RandomBatches;
import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each limit of the gate holds to the last bit, alone and beside the others, over seeded random reports. */
class SparsityGateLimitsTest {
    private static final int COLUMNS = 4000;
    private static final int ROUNDS = 200;

    /** A figure that the gate looks at, and what is said of it. */
    enum Figure {
        EMPTY_DOCUMENTS("share of empty documents", true),
        EMPTY_QUERIES("share of empty queries", true),
        FEW_NON_ZEROS("non-zeros of a document is", false),
        MANY_NON_ZEROS("non-zeros of a document is", true),
        LIKENESS("mean cosine of two documents", true),
        QUERY_LIKENESS("mean cosine of two queries", true),
        REPEATED_DOCUMENTS("share of documents with another's set of terms", true),
        REPEATED_QUERIES("share of queries with another's set of terms", true),
        SATURATED("nearly every document has", true),
        VARIETY("terms of all documents together by those of one", false),
        TOUCHED("a query's term has", true),
        LONGEST_LIST("longest posting list", true);

        private final String words;
        private final boolean most;

        Figure(String words, boolean most) {
            this.words = words;
            this.most = most;
        }
    }

    /** With every limit a power of two, or a sum of few, so that figures at a limit are exact. */
    private static final SparsityGate GATE =
            new SparsityGate(32, 0.03125, 4, 512, new SparsityGate.Alike(0.5, 0.25, 0.5, 0.75, 4, 0.5));

    private static double limit(Figure figure) {
        return switch (figure) {
            case EMPTY_DOCUMENTS, EMPTY_QUERIES -> GATE.mostEmpty();
            case FEW_NON_ZEROS -> GATE.leastNonZeros();
            case MANY_NON_ZEROS -> GATE.mostNonZeros();
            case LIKENESS, QUERY_LIKENESS -> GATE.alike().mostLikeness();
            case REPEATED_DOCUMENTS, REPEATED_QUERIES -> GATE.alike().mostRepeated();
            case SATURATED -> GATE.alike().mostSaturated();
            case VARIETY -> GATE.alike().leastVariety();
            case TOUCHED -> GATE.alike().mostTouched();
            case LONGEST_LIST -> GATE.alike().longestList();
        };
    }

    /** Figures of a model that the gate lets pass, some of them at its limits. */
    private static Map<Figure, Double> healthy(Random random) {
        Map<Figure, Double> figures = new EnumMap<>(Figure.class);
        for (Figure figure : Figure.values()) {
            double share = random.nextInt(4) == 0 ? 1 : random.nextDouble();
            figures.put(figure, figure.most ? share * limit(figure) : limit(figure) / Math.max(share, 0.1));
        }
        return figures;
    }

    private static SparsityReport report(Map<Figure, Double> figures, double nonZeros) {
        int vectors = 1 << 20;
        return new SparsityReport(
                new SparsityReport.Side(
                        vectors,
                        16,
                        at(figures, Figure.EMPTY_QUERIES),
                        distinct(vectors, at(figures, Figure.REPEATED_QUERIES)),
                        at(figures, Figure.QUERY_LIKENESS)),
                new SparsityReport.Side(
                        vectors,
                        nonZeros,
                        at(figures, Figure.EMPTY_DOCUMENTS),
                        distinct(vectors, at(figures, Figure.REPEATED_DOCUMENTS)),
                        at(figures, Figure.LIKENESS)),
                1 << 20,
                (int) Math.ceil(at(figures, Figure.VARIETY) * nonZeros),
                at(figures, Figure.LONGEST_LIST),
                (int) Math.floor(at(figures, Figure.SATURATED) * nonZeros),
                16 * at(figures, Figure.TOUCHED));
    }

    private static double at(Map<Figure, Double> figures, Figure figure) {
        return Objects.requireNonNull(figures.get(figure));
    }

    private static int distinct(int vectors, double repeated) {
        return (int) Math.ceil(vectors * (1 - repeated));
    }

    @Test
    void whatIsWithinEveryLimitPasses() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            Random random = new Random(seed);
            Map<Figure, Double> figures = healthy(random);
            double nonZeros = Math.max(GATE.leastNonZeros(), at(figures, Figure.MANY_NON_ZEROS));

            assertThat(GATE.refusal(report(figures, nonZeros)))
                    .as("seed %d", seed)
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsPastOneLimitIsRefusedByItsName(Figure figure) {
        for (int seed = 0; seed < ROUNDS; seed++) {
            Random random = new Random(seed);
            Map<Figure, Double> figures = healthy(random);
            double nonZeros = 256;
            double past = seed % 5 == 0 ? Double.NaN : limit(figure) * (figure.most ? 1.02 : 0.98);
            switch (figure) {
                case FEW_NON_ZEROS, MANY_NON_ZEROS -> nonZeros = past;
                case REPEATED_DOCUMENTS, REPEATED_QUERIES -> figures.put(figure, limit(figure) + 0.01);
                case SATURATED, VARIETY -> figures.put(figure, limit(figure) * (figure.most ? 1.02 : 0.98));
                default -> figures.put(figure, past);
            }

            assertThat(GATE.refusal(report(figures, nonZeros)))
                    .as("seed %d", seed)
                    .hasValueSatisfying(reason -> assertThat(reason).contains(figure.words));
        }
    }

    private static SparsityReport of(int texts, IntFunction<SparseVector> query, IntFunction<SparseVector> document) {
        List<SparseVector> queries = new ArrayList<>();
        List<SparseVector> documents = new ArrayList<>();
        for (int i = 0; i < texts; i++) {
            queries.add(query.apply(i));
            documents.add(document.apply(i));
        }
        return SparsityReport.of(SparseMatrix.of(queries, COLUMNS), SparseMatrix.of(documents, COLUMNS));
    }

    /** Some terms of the vocabulary with some weights. */
    private static SparseVector random(Random random, int terms) {
        int[] ids = random.ints(0, COLUMNS).distinct().limit(terms).sorted().toArray();
        float[] weights = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            weights[i] = 0.05f + random.nextFloat();
        }
        return new SparseVector(ids, weights);
    }

    private static Optional<String> refusal(SparsityReport report) {
        return SparsityGate.DEFAULT.refusal(report);
    }

    @Test
    void textsThatShareNothingButSomeTermsPass() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            int terms = 8 + random.nextInt(120);
            assertThat(refusal(of(60, i -> random(random, 5), i -> random(random, terms))))
                    .as("seed %d", seed)
                    .isEmpty();
        }
    }

    @Test
    void aFewVectorsForAllDocumentsAreRefusedThoughTheyAreFarFromEachOther() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            int kinds = 8 + random.nextInt(12);
            List<SparseVector> vectors = new ArrayList<>();
            for (int i = 0; i < kinds; i++) {
                vectors.add(random(random, 30));
            }
            SparsityReport report = of(60, i -> random(random, 5), i -> vectors.get(i % kinds));

            assertThat(report.likeness()).isLessThan(0.5);
            assertThat(refusal(report))
                    .as("seed %d", seed)
                    .hasValueSatisfying(reason -> assertThat(reason).contains("another's set of terms"));
        }
    }

    @Test
    void oneQueryForAllIsRefusedThoughItsTermsAreRare() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            SparseVector always = random(random, 5);
            SparsityReport report = of(60, i -> always, i -> random(random, 60));

            assertThat(report.touched()).isLessThan(0.5);
            assertThat(refusal(report))
                    .as("seed %d", seed)
                    .hasValueSatisfying(reason -> assertThat(reason)
                            .contains("mean cosine of two queries is 1.00")
                            .contains("share of queries with another's set of terms"));
        }
    }

    @Test
    void collapseOfEachKindIsRefusedWhateverTheWeights() {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            SparseVector always = random(random, 40);
            assertThat(refusal(of(60, i -> SparseVector.EMPTY, i -> SparseVector.EMPTY)))
                    .isPresent();
            assertThat(refusal(of(60, i -> random(random, 5), i -> SparseVector.EMPTY)))
                    .isPresent();
            assertThat(refusal(of(60, i -> SparseVector.EMPTY, i -> random(random, 40))))
                    .isPresent();
            assertThat(refusal(of(60, i -> always, i -> always))).isPresent();
            assertThat(refusal(of(60, i -> random(random, 5), i -> scaled(always, 0.1f + random.nextFloat()))))
                    .isPresent();
            assertThat(refusal(of(60, i -> random(random, 5), i -> random(random, 3500))))
                    .isPresent();
            assertThat(refusal(of(60, i -> random(random, 5), i -> random(random, 2))))
                    .isPresent();
        }
    }

    private static SparseVector scaled(SparseVector vector, float factor) {
        float[] weights = vector.weights().clone();
        for (int i = 0; i < weights.length; i++) {
            weights[i] *= factor;
        }
        return new SparseVector(vector.ids(), weights);
    }

    @Test
    void differentSetsOfTermsAreCountedOneByOne() {
        for (int seed = 0; seed < 20; seed++) {
            SparseMatrix rows = RandomBatches.rows(new Random(seed), 50, 4);
            List<List<Integer>> sets = new ArrayList<>();
            for (int row = 0; row < 50; row++) {
                List<Integer> set = new ArrayList<>();
                for (int id : rows.row(row).ids()) {
                    set.add(id);
                }
                if (!sets.contains(set)) {
                    sets.add(set);
                }
            }

            SparsityReport.Side side = SparsityReport.of(rows, rows).documents();
            assertThat(side.distinct()).isEqualTo(sets.size());
            assertThat(side.repeated()).isEqualTo(1 - sets.size() / 50.0);
        }
    }
}
