package io.millrace.trainer.objective;

import java.util.ArrayList;
import java.util.List;

/**
 * The objective of one batch at one step.
 *
 * @param total what is minimised
 * @param terms what it is the sum of: the ranking losses, then the penalties
 * @param queryGradient ∂total/∂weight for each non-zero of the queries, times the gradient's scale
 * @param documentGradient the same for the documents
 * @param statistics how sparse the batch is
 */
public record StepObjective(
        double total,
        List<ObjectiveTerm> terms,
        float[] queryGradient,
        float[] documentGradient,
        BatchStatistics statistics) {
    /** Whether the total and every gradient are finite; a step is to be left out where they are not. */
    public boolean isFinite() {
        return Double.isFinite(total) && isFinite(queryGradient) && isFinite(documentGradient);
    }

    /** The same with terms whose gradients are added elsewhere. */
    public StepObjective with(List<ObjectiveTerm> more) {
        List<ObjectiveTerm> all = new ArrayList<>(terms);
        all.addAll(more);
        return new StepObjective(
                total + more.stream().mapToDouble(ObjectiveTerm::contribution).sum(),
                List.copyOf(all),
                queryGradient,
                documentGradient,
                statistics);
    }

    private static boolean isFinite(float[] gradient) {
        for (float slope : gradient) {
            if (!Float.isFinite(slope)) {
                return false;
            }
        }
        return true;
    }
}
