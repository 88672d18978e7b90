package io.millrace.trainer.inspection;

import io.millrace.v1.EvaluationFigure;
import io.millrace.v1.SparsityFindings;
import java.util.List;

/**
 * What an inspection found, as manifests say it.
 *
 * @param figures how well the vectors rank; empty where there are no judgements
 * @param sparsity what they look like
 */
public record Findings(List<EvaluationFigure> figures, SparsityFindings sparsity) {
    /** Copies the list. */
    public Findings {
        figures = List.copyOf(figures);
    }
}
