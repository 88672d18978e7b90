package io.millrace.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads metrics by name: {@code ndcg@10}, {@code ndcg(exp)@10}, {@code mrr@10}, {@code recall(rel=2)@1000}, {@code map}, {@code p@5}. */
public final class MetricNames {
    private static final String KNOWN =
            "known are ndcg, ndcg(exp), mrr, recall, map and p, with a cut-off like ndcg@10 and a least grade like recall(rel=2)@1000";

    private static final Pattern FORM =
            Pattern.compile("([a-z]+)(?:\\(([a-z]+)(?:=([0-9]{1,9}))?\\))?(?:@([0-9]{1,9}))?");

    private MetricNames() {}

    /**
     * Reads names separated by commas; upper and lower case are the same.
     *
     * @param level least grade of a relevant document where a name does not say
     * @throws IllegalArgumentException if a name is unknown or occurs twice
     */
    public static List<Metric> parseAll(String names, int level) {
        List<Metric> metrics = new ArrayList<>();
        for (String name : names.split(",", -1)) {
            Metric metric = parse(name, level);
            if (metrics.contains(metric)) {
                throw new IllegalArgumentException(
                        "the metric " + metric.name() + " is asked for twice in '" + names + "'");
            }
            metrics.add(metric);
        }
        return metrics;
    }

    /**
     * Reads one name.
     *
     * @param level least grade of a relevant document where the name does not say
     * @throws IllegalArgumentException if it is unknown
     */
    public static Metric parse(String name, int level) {
        Matcher form = FORM.matcher(name.strip().toLowerCase(Locale.ROOT));
        if (!form.matches()) {
            throw unknown(name);
        }
        @Nullable String option = form.group(2);
        @Nullable String value = form.group(3);
        @Nullable String cut = form.group(4);
        int k = cut == null ? Metric.ALL : Integer.parseInt(cut);
        if (form.group(1).equals("ndcg")) {
            if (option == null) {
                return new Metric.Ndcg(k);
            }
            if (option.equals("exp") && value == null) {
                return new Metric.Ndcg(k, Metric.Gain.EXPONENTIAL);
            }
            throw unknown(name);
        }
        int least = level;
        if (option != null) {
            if (!option.equals("rel") || value == null) {
                throw unknown(name);
            }
            least = Integer.parseInt(value);
        }
        return switch (form.group(1)) {
            case "mrr" -> new Metric.ReciprocalRank(k, least);
            case "recall", "r" -> new Metric.Recall(k, least);
            case "map" -> new Metric.AveragePrecision(k, least);
            case "p" -> new Metric.Precision(k, least);
            default -> throw unknown(name);
        };
    }

    private static IllegalArgumentException unknown(String name) {
        return new IllegalArgumentException("there is no metric '" + name.strip() + "'; " + KNOWN);
    }
}
