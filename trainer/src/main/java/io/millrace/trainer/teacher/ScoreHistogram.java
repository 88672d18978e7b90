package io.millrace.trainer.teacher;

import io.millrace.trainer.data.format.QueryScores;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * How many scores lie where: bins of one width, each with its lower edge and without its upper one, but for the last, which
 * has both.
 *
 * @param from lower edge of the first bin
 * @param to upper edge of the last bin
 * @param counts scores in each bin
 * @param outside scores in none
 */
public record ScoreHistogram(double from, double to, List<Long> counts, long outside) {
    /** Copies the list. */
    public ScoreHistogram {
        counts = List.copyOf(counts);
    }

    /**
     * Counts all scores of a source.
     *
     * @param bins number of bins
     * @throws IllegalArgumentException if there is no bin, or no room between the edges
     * @throws IOException if scores cannot be read
     */
    public static ScoreHistogram of(ScoreSource source, double from, double to, int bins) throws IOException {
        if (bins < 1 || bins > 100_000 || !(to > from) || !Double.isFinite(to - from)) {
            throw new IllegalArgumentException("a histogram of " + bins + " bins from " + from + " to " + to
                    + " cannot be; give 1 to 100000 bins and an upper edge above the lower one");
        }
        long[] counts = new long[bins];
        long outside = 0;
        for (long place = 0; place < source.size(); place++) {
            QueryScores query = source.at(place);
            for (double score : query.byDocument().values()) {
                if (score < from || score > to) {
                    outside++;
                } else {
                    counts[Math.min(bins - 1, (int) ((score - from) / (to - from) * bins))]++;
                }
            }
        }
        List<Long> listed = new ArrayList<>(bins);
        for (long count : counts) {
            listed.add(count);
        }
        return new ScoreHistogram(from, to, listed, outside);
    }

    /** Lower edge of a bin; that of the bin behind the last is the upper edge of all. */
    public double edge(int bin) {
        return bin == counts.size() ? to : from + (to - from) * bin / counts.size();
    }
}
