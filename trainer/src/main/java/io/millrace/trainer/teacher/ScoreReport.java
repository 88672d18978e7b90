package io.millrace.trainer.teacher;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A teacher's scores before and after they were mapped: statistics, and histograms over the same bins, as Figure 3 of
 * Decoder4LSR plots them.
 *
 * @param map from before to after
 * @param before statistics of the scores as the teacher gives them
 * @param after statistics of the scores that the student learns from
 * @param histogramBefore of the scores as the teacher gives them
 * @param histogramAfter of the others
 */
public record ScoreReport(
        AffineMap map,
        ScoreStatistics before,
        ScoreStatistics after,
        ScoreHistogram histogramBefore,
        ScoreHistogram histogramAfter) {
    /**
     * Measures a teacher before and after a map.
     *
     * @param bins of each histogram, which go from the least score of either to the largest
     */
    public static ScoreReport of(ScoreSource teacher, AffineMap map, int bins) throws IOException {
        AffineScores mapped = new AffineScores(teacher, map);
        ScoreStatistics before = ScoreStatistics.of(teacher);
        ScoreStatistics after = ScoreStatistics.of(mapped);
        double from = Math.min(before.least(), after.least());
        double to = Math.max(before.largest(), after.largest());
        // Scores that are all alike stand in the middle of a bin.
        double room = to > from ? 0 : 0.5;
        return new ScoreReport(
                map,
                before,
                after,
                ScoreHistogram.of(teacher, from - room, to + room, bins),
                ScoreHistogram.of(mapped, from - room, to + room, bins));
    }

    /** Fields of the report, for JSON. */
    public Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("scale", map.scale());
        fields.put("shift", map.shift());
        fields.put("before", fields(before));
        fields.put("after", fields(after));
        Map<String, Object> histogram = new LinkedHashMap<>();
        histogram.put("from", histogramBefore.from());
        histogram.put("to", histogramBefore.to());
        histogram.put("before", histogramBefore.counts());
        histogram.put("after", histogramAfter.counts());
        fields.put("histogram", histogram);
        return fields;
    }

    private static Map<String, Object> fields(ScoreStatistics statistics) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("count", statistics.count());
        fields.put("mean", statistics.mean());
        fields.put("std", statistics.standardDeviation());
        fields.put("min", statistics.least());
        fields.put("max", statistics.largest());
        return fields;
    }

    /** The histograms as CSV: {@code from,to,before,after} under a header, a bin a line. */
    public String csv() {
        StringBuilder csv = new StringBuilder("from,to,before,after\n");
        for (int bin = 0; bin < histogramBefore.counts().size(); bin++) {
            csv.append(String.format(
                    Locale.ROOT,
                    "%s,%s,%d,%d\n",
                    histogramBefore.edge(bin),
                    histogramBefore.edge(bin + 1),
                    histogramBefore.counts().get(bin),
                    histogramAfter.counts().get(bin)));
        }
        return csv.toString();
    }
}
