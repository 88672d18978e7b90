package io.millrace.trainer.loss;

/**
 * The student's margins between candidates are to be the teacher's (Hofstätter et al. 2020, arXiv 2010.02666;
 * Decoder4LSR, eq. 9): mean of ((s⁺ − s⁻) − (t⁺ − t⁻))², s of the student and t of the teacher.
 *
 * @param margins which margins are compared
 */
public record MarginMse(Margins margins) implements RankingLoss {
    /** Which margins are compared where a query has more than one negative. */
    public enum Margins {
        /** The positive against each negative, mean over G − 1: sentence-transformers, OpenSearch; the paper's for one negative. */
        POSITIVE_AGAINST_EACH,
        /**
         * Every candidate against every candidate in both orders, and with itself, mean over G²: naver/splade's trainer for
         * Hugging Face. With one negative it is half of the paper's.
         */
        ALL_ORDERED
    }

    /** The paper's. */
    public MarginMse() {
        this(Margins.POSITIVE_AGAINST_EACH);
    }

    @Override
    public String name() {
        return switch (margins) {
            case POSITIVE_AGAINST_EACH -> "margin_mse";
            case ALL_ORDERED -> "margin_mse_all_ordered";
        };
    }

    @Override
    public boolean needsBatch() {
        return false;
    }

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public int leastGroup() {
        return 2;
    }

    @Override
    public double add(QueryScores query, double scale, double[] gradient) {
        double[] errors =
                new double[query.group()]; // how far a score is from its teacher's; a margin's is a difference of two
        for (int j = 0; j < errors.length; j++) {
            errors[j] = query.candidate(j) - query.teacher(j);
        }
        return switch (margins) {
            case POSITIVE_AGAINST_EACH -> positiveAgainstEach(errors, query.own(), scale, gradient);
            case ALL_ORDERED -> allOrdered(errors, query.own(), scale, gradient);
        };
    }

    private static double positiveAgainstEach(double[] errors, int own, double scale, double[] gradient) {
        double pairs = errors.length - 1;
        double sum = 0;
        for (int j = 1; j < errors.length; j++) {
            double error = errors[0] - errors[j];
            double slope = 2 * scale * error / pairs;
            sum += error * error;
            gradient[own] += slope;
            gradient[own + j] -= slope;
        }
        return sum / pairs;
    }

    private static double allOrdered(double[] errors, int own, double scale, double[] gradient) {
        double pairs = (double) errors.length * errors.length;
        double sum = 0;
        for (int a = 0; a < errors.length; a++) {
            for (int b = a + 1; b < errors.length; b++) {
                // Both orders of a pair have the same square, and each pulls at both ends.
                double error = errors[a] - errors[b];
                double slope = 4 * scale * error / pairs;
                sum += 2 * error * error;
                gradient[own + a] += slope;
                gradient[own + b] -= slope;
            }
        }
        return sum / pairs;
    }
}
