package io.millrace.trainer.run;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.objective.BatchStatistics;
import io.millrace.trainer.objective.ObjectiveTerm;
import java.util.List;
import java.util.Optional;

/**
 * What a step did.
 *
 * @param step steps taken with this one
 * @param loss what was minimised, mean over the step's batches
 * @param terms what it is the sum of, in the first batch
 * @param rate learning rate
 * @param norm Euclidean norm of all gradients, before it was clipped
 * @param statistics how sparse the first batch was; empty where no vectors are learned
 * @param pace how fast that went
 */
public record StepReport(
        long step,
        double loss,
        List<ObjectiveTerm> terms,
        double rate,
        double norm,
        Optional<BatchStatistics> statistics,
        Pace pace)
        implements RunEvent {
    /**
     * By the clock, since the last report or judgement.
     *
     * @param textsPerSecond queries and documents learned from
     * @param secondsPerStep time of a step
     */
    public record Pace(double textsPerSecond, double secondsPerStep) {}

    /** Copies the list. */
    public StepReport {
        terms = List.copyOf(terms);
    }

    @Override
    public String toJson() {
        ObjectNode json = new JsonMapper().createObjectNode();
        json.put("kind", "step").put("step", step).put("loss", loss);
        ObjectNode parts = json.putObject("terms");
        terms.forEach(term -> parts.put(term.name(), term.value()));
        json.put("rate", rate).put("norm", norm);
        statistics.ifPresent(sparse -> json.put("query_non_zeros", sparse.queryNonZeros())
                .put("document_non_zeros", sparse.documentNonZeros())
                .put("flops", sparse.flops())
                .put("longest_list", sparse.longestList()));
        json.put("texts_per_second", Math.round(pace.textsPerSecond() * 10) / 10.0)
                .put("seconds_per_step", Math.round(pace.secondsPerStep() * 1e6) / 1e6);
        return json.toString();
    }
}
