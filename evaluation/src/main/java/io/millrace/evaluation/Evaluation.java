package io.millrace.evaluation;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Metrics of a run: for each query, and their means.
 *
 * <p>The mean is over <em>every judged query</em> (trec_eval's {@code -c}): a judged query without a ranking, or with an
 * empty one, counts 0, so that failing to answer never raises a figure. Queries without judgements are ignored.
 *
 * @param means metric name → mean over the judged queries
 * @param perQuery query id → metric name → value
 */
public record Evaluation(Map<String, Double> means, Map<String, Map<String, Double>> perQuery) {
    private static final Ranking NOTHING = Ranking.of(List.of());

    /** Copies both maps; orders are kept. */
    public Evaluation {
        means = Collections.unmodifiableMap(new LinkedHashMap<>(means));
        perQuery = Collections.unmodifiableMap(new LinkedHashMap<>(perQuery));
    }

    /**
     * Judges a run.
     *
     * @param qrels judgements
     * @param run query id → ranking
     * @param metrics what to compute, with distinct names
     * @throws IllegalArgumentException if no query is judged, because a mean over nothing means nothing
     */
    public static Evaluation of(Qrels qrels, Map<String, Ranking> run, List<Metric> metrics) {
        if (qrels.queryIds().isEmpty()) {
            throw new IllegalArgumentException("no query is judged; check the qrels file and the split");
        }
        Map<String, Map<String, Double>> perQuery = LinkedHashMap.newLinkedHashMap(run.size());
        Map<String, Double> sums = new LinkedHashMap<>();
        for (String queryId : qrels.queryIds()) {
            Ranking ranking = run.getOrDefault(queryId, NOTHING);
            Map<String, Double> values = LinkedHashMap.newLinkedHashMap(metrics.size());
            for (Metric metric : metrics) {
                double value = metric.of(ranking, qrels.judgements(queryId));
                values.put(metric.name(), value);
                sums.merge(metric.name(), value, Double::sum);
            }
            perQuery.put(queryId, values);
        }
        sums.replaceAll((name, sum) -> sum / qrels.queryIds().size());
        return new Evaluation(sums, perQuery);
    }

    /**
     * Mean of one metric.
     *
     * @throws IllegalArgumentException if it was not computed
     */
    public double mean(Metric metric) {
        Double mean = means.get(metric.name());
        if (mean == null) {
            throw new IllegalArgumentException(metric.name() + " was not computed; computed were " + means.keySet());
        }
        return mean;
    }

    /**
     * One metric's value for each judged query, in the order of the qrels: what two systems' significance tests compare.
     *
     * @throws IllegalArgumentException if it was not computed
     */
    public double[] values(Metric metric) {
        mean(metric);
        return perQuery.values().stream()
                .mapToDouble(values -> values.getOrDefault(metric.name(), 0.0))
                .toArray();
    }
}
