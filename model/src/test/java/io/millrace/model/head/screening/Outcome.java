package io.millrace.model.head.screening;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.engine.OpenedKernels;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.MlmScreenedHead;
import io.millrace.vector.SparseVector;
import java.util.List;

/** Texts computed both ways. */
record Outcome(List<SparseVector> screened, List<SparseVector> inFull, ScreeningReport report) {
    /** Screened and full vectors have the same bits. */
    Outcome agrees() {
        assertThat(report.screened()).isEqualTo(screened.size());
        assertThat(screened).isEqualTo(inFull);
        return this;
    }

    /** Learns from a sample, then computes texts of a width both ways. */
    static Outcome screen(OpenedKernels opened, ScreenedTerms terms, float[] sample, float[] rows, int... lengths) {
        return screen(opened, terms, new ScreeningLimits(1, ScreenedTerms.SIZE, false, 0), sample, rows, lengths);
    }

    static Outcome screen(
            OpenedKernels opened,
            ScreenedTerms terms,
            ScreeningLimits limits,
            float[] sample,
            float[] rows,
            int... lengths) {
        return opened.threads().call(() -> {
            try (PtNDManager owner = PyTorchRuntime.newManager();
                    MlmScreenedHead screening = terms.head(opened.library(), owner, limits);
                    MlmScreenedHead full = terms.head(
                            opened.library(),
                            owner,
                            new ScreeningLimits(Integer.MAX_VALUE, ScreenedTerms.SIZE, false, 0))) {
                int width = terms.width();
                screening.vectors(
                        States.array(owner, sample, sample.length / width, width), States.batch(sample.length / width));
                PtNDArray hidden = States.array(owner, rows, rows.length / width, width);
                return new Outcome(
                        screening.vectors(hidden, States.batch(lengths)),
                        full.vectors(hidden, States.batch(lengths)),
                        screening.screening().orElseThrow());
            }
        });
    }
}
