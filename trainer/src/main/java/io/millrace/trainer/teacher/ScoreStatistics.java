package io.millrace.trainer.teacher;

import io.millrace.trainer.data.format.QueryScores;
import java.io.IOException;

/**
 * Where scores lie.
 *
 * @param count number of scores
 * @param mean their mean, μ
 * @param standardDeviation their standard deviation over all of them (divided by the count), σ
 * @param least the smallest
 * @param largest the largest
 */
public record ScoreStatistics(long count, double mean, double standardDeviation, double least, double largest) {
    /** Takes scores one at a time (Welford 1962), so that many small differences do not drown in a large sum. */
    public static final class Accumulator {
        private long count;
        private double mean;
        private double squares;
        private double least = Double.POSITIVE_INFINITY;
        private double largest = Double.NEGATIVE_INFINITY;

        /**
         * Takes a score.
         *
         * @throws IllegalArgumentException if it is not finite
         */
        public void add(double score) {
            if (!Double.isFinite(score)) {
                throw new IllegalArgumentException("a score is " + score + "; scores must be finite numbers");
            }
            count++;
            double difference = score - mean;
            mean += difference / count;
            squares += difference * (score - mean);
            least = Math.min(least, score);
            largest = Math.max(largest, score);
        }

        /**
         * What was taken so far.
         *
         * @throws IllegalArgumentException if there was no score
         */
        public ScoreStatistics statistics() {
            if (count == 0) {
                throw new IllegalArgumentException("there are no scores to measure; check the file");
            }
            return new ScoreStatistics(count, mean, Math.sqrt(squares / count), least, largest);
        }
    }

    /**
     * Measures scores.
     *
     * @throws IllegalArgumentException if there are none, or one is not finite
     */
    public static ScoreStatistics of(double[] scores) {
        Accumulator all = new Accumulator();
        for (double score : scores) {
            all.add(score);
        }
        return all.statistics();
    }

    /**
     * Measures all scores of a source.
     *
     * @throws IllegalArgumentException if there are none
     * @throws IOException if they cannot be read
     */
    public static ScoreStatistics of(ScoreSource source) throws IOException {
        Accumulator all = new Accumulator();
        for (long place = 0; place < source.size(); place++) {
            QueryScores query = source.at(place);
            query.byDocument().values().forEach(all::add);
        }
        return all.statistics();
    }
}
