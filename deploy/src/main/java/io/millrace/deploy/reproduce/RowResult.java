package io.millrace.deploy.reproduce;

import io.millrace.deploy.eval.VectorCosts;
import io.millrace.evaluation.Evaluation;
import java.util.Map;
import java.util.Optional;

/** What became of a row. */
sealed interface RowResult {
    /**
     * It was measured.
     *
     * @param evaluations by split
     * @param costs of its vectors; empty for rows that rank anew
     */
    record Measured(Map<String, Evaluation> evaluations, Optional<VectorCosts> costs) implements RowResult {}

    /**
     * Its weights were not given.
     *
     * @param weights name of the folder that was looked for
     */
    record Missing(String weights) implements RowResult {}

    /**
     * It could not be measured.
     *
     * @param reason why
     */
    record Failed(String reason) implements RowResult {}
}
