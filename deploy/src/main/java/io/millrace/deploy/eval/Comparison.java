package io.millrace.deploy.eval;

import io.millrace.evaluation.Metric;
import io.millrace.evaluation.significance.Correction;
import io.millrace.evaluation.significance.PairedTTest;
import io.millrace.evaluation.significance.RandomizationTest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A system against the first one, by one metric on one collection.
 *
 * @param collection name of the collection
 * @param system name of the system
 * @param baseline name of the first system
 * @param metric name of the metric
 * @param difference mean of the system − mean of the baseline
 * @param tTest p of the paired t-test
 * @param tTestHolm the same, corrected by Holm over all comparisons of a report
 * @param randomization p of Fisher's randomisation test
 * @param randomizationHolm the same, corrected
 */
public record Comparison(
        String collection,
        String system,
        String baseline,
        String metric,
        double difference,
        double tTest,
        double tTestHolm,
        double randomization,
        double randomizationHolm) {
    /** Seed of the randomisation tests: the same runs give the same figures. */
    static final long SEED = 2007;

    /** All comparisons of a report, corrected together. Collections with fewer than two queries are left out. */
    public static List<Comparison> all(List<JudgedCollection> collections) {
        List<Comparison> plain = new ArrayList<>();
        for (JudgedCollection judged : collections) {
            if (judged.collection().qrels().queryIds().size() < 2) {
                continue;
            }
            for (int i = 1; i < judged.runs().size(); i++) {
                for (Metric metric : judged.metrics()) {
                    plain.add(compare(judged, i, metric));
                }
            }
        }
        double[] tTests = Correction.HOLM.adjust(
                plain.stream().mapToDouble(Comparison::tTest).toArray());
        double[] randomizations = Correction.HOLM.adjust(
                plain.stream().mapToDouble(Comparison::randomization).toArray());
        List<Comparison> corrected = new ArrayList<>();
        for (int i = 0; i < plain.size(); i++) {
            corrected.add(plain.get(i).corrected(tTests[i], randomizations[i]));
        }
        return corrected;
    }

    private static Comparison compare(JudgedCollection judged, int system, Metric metric) {
        double[] ours = judged.evaluations().get(system).values(metric);
        double[] theirs = judged.evaluations().getFirst().values(metric);
        PairedTTest t = PairedTTest.of(ours, theirs);
        double randomization = RandomizationTest.of(ours, theirs, SEED).p();
        return new Comparison(
                judged.collection().name(),
                judged.runs().get(system).system(),
                judged.runs().getFirst().system(),
                metric.name(),
                t.meanDifference(),
                t.p(),
                t.p(),
                randomization,
                randomization);
    }

    private Comparison corrected(double t, double exchanges) {
        return new Comparison(collection, system, baseline, metric, difference, tTest, t, randomization, exchanges);
    }

    /** For JSON. */
    Map<String, Object> toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("collection", collection);
        fields.put("system", system);
        fields.put("baseline", baseline);
        fields.put("metric", metric);
        fields.put("difference", difference);
        fields.put("tTestP", tTest);
        fields.put("tTestPHolm", tTestHolm);
        fields.put("randomizationP", randomization);
        fields.put("randomizationPHolm", randomizationHolm);
        return fields;
    }
}
