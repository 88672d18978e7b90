package io.millrace.trainer.run;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.telemetry.SparsityGate;
import io.millrace.trainer.telemetry.SparsityReport;

/**
 * How good a checkpoint is.
 *
 * @param step steps taken
 * @param metric name of the metric
 * @param value its mean over the judged queries
 * @param sparsity of the validation's queries and documents
 * @param best whether none before was better
 */
public record Judgement(long step, String metric, double value, SparsityReport sparsity, boolean best)
        implements RunEvent {
    @Override
    public String toJson() {
        ObjectNode json = new JsonMapper().createObjectNode();
        json.put("kind", "judgement").put("step", step).put("metric", metric).put("value", value);
        json.put("query_non_zeros", sparsity.queries().mean())
                .put("document_non_zeros", sparsity.documents().mean())
                .put("flops", sparsity.flops())
                .put("longest_list", sparsity.longestList())
                .put("dead", sparsity.dead())
                .put("likeness", sparsity.likeness())
                .put("query_likeness", sparsity.queries().likeness())
                .put("saturated", sparsity.saturated())
                .put("distinct_queries", sparsity.queries().distinct())
                .put("distinct_documents", sparsity.documents().distinct())
                .put("empty_queries", sparsity.queries().empty())
                .put("empty_documents", sparsity.documents().empty())
                .put("best", best);
        SparsityGate.DEFAULT.refusal(sparsity).ifPresent(reason -> json.put("refused", reason));
        return json.toString();
    }
}
