package io.millrace.model.head.screening;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.engine.OpenedKernels;
import io.millrace.vector.SparseVector;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is lost where bounds allow for errors that are likely, instead of all that there can be. */
class ProbableScreeningTest {
    @RegisterExtension
    static final OpenedKernels KERNELS = new OpenedKernels();

    @ParameterizedTest
    @CsvSource({"128, 2000", "768, 3100"})
    void probableBoundsLoseNextToNothingAndKeepLess(int width, int sampled) {
        Random random = new Random(10);
        float[] sample = States.states(random, sampled, width);
        float[] text = States.states(random, 64, width);
        float[] projection = States.gaussian(random, ScreenedTerms.SIZE * width, 0.05);
        double[] above =
                IntStream.range(0, 100).mapToDouble(i -> 0.2 - 0.02 * i).toArray();
        ScreenedTerms terms = ScreenedTerms.onTheEdge(width, projection, text, above);
        ScreeningLimits certain = new ScreeningLimits(1, ScreenedTerms.SIZE, false, 0);
        Outcome outcome = Outcome.screen(KERNELS, terms, certain.probable(), sample, text, 64);
        SparseVector kept = outcome.screened().getFirst();
        SparseVector whole = outcome.inFull().getFirst();
        double lost = IntStream.of(whole.ids())
                .filter(id -> kept.weight(id) == 0)
                .mapToDouble(whole::weight)
                .sum();
        assertThat(lost)
                .isLessThan(0.001
                        * IntStream.of(whole.ids()).mapToDouble(whole::weight).sum());
        assertThat(IntStream.of(kept.ids())).allMatch(id -> kept.weight(id) == whole.weight(id));
        assertThat(outcome.report().survivorsPerText())
                .isLessThan(0.8
                        * Outcome.screen(KERNELS, terms, certain, sample, text, 64)
                                .agrees()
                                .report()
                                .survivorsPerText());
    }
}
