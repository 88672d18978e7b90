package io.millrace.deploy.eval;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a system's vectors cost and how long its searches took.
 *
 * @param documents documents whose vectors were counted
 * @param queryNonZeros terms of a query, on average
 * @param documentNonZeros terms of a document, on average
 * @param flops products that a query and a document have in common, on average: Σ_v p_q(v) · p_d(v)
 * @param longestList documents of the most frequent term
 * @param latency searches one at a time
 */
public record VectorCosts(
        long documents,
        double queryNonZeros,
        double documentNonZeros,
        double flops,
        long longestList,
        SearchLatency latency) {
    /**
     * How long searches took, one at a time after a warm-up, on the machine and in the run that reports them.
     *
     * @param queries searches in the sample
     * @param k hits asked for
     * @param searchP50 median of scatter, gather and merge as the coordinator measures it, without encoding, milliseconds
     * @param searchP99 the value that 99 of 100 do not exceed
     * @param totalP50 median of the whole call as the client sees it, encoding included, milliseconds
     * @param totalP99 the value that 99 of 100 do not exceed
     */
    public record SearchLatency(
            int queries, int k, double searchP50, double searchP99, double totalP50, double totalP99) {}

    /** For JSON. */
    Map<String, Object> toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("queryNonZeros", queryNonZeros);
        fields.put("documentNonZeros", documentNonZeros);
        fields.put("flops", flops);
        fields.put("longestPostingList", longestList);
        fields.put("documentsCounted", documents);
        fields.put("latency", latency);
        return fields;
    }
}
