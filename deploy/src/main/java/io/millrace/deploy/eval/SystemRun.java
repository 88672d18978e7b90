package io.millrace.deploy.eval;

import io.millrace.evaluation.Ranking;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What one system made of one collection.
 *
 * @param system its name
 * @param rankings query id → ranking
 * @param costs of its vectors; empty where they were not looked at
 * @param counts documents, queries and seconds, for the report
 */
public record SystemRun(
        String system, Map<String, Ranking> rankings, Optional<VectorCosts> costs, Map<String, Object> counts) {
    /** Copies the counts; their order is kept. */
    public SystemRun {
        counts = new LinkedHashMap<>(counts);
    }
}
