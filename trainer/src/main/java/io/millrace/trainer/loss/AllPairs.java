package io.millrace.trainer.loss;

/**
 * Losses over pairs of documents, by name.
 *
 * @param pairs which pairs, and what is asked of them
 */
public record AllPairs(Pairs pairs) implements RankingLoss {
    private static final InfoNce IN_BATCH_NLL = new InfoNce(1, true, InfoNce.InBatch.POSITIVES);

    /** Which pairs, and what is asked of them. */
    public enum Pairs {
        /**
         * Negative log-likelihood of the positive among its hard negatives and all other queries' positives, T = 1:
         * naver/splade's InBatchPairwiseNLL, with which SPLADE and SPLADE-max are trained (rank-IBN of arXiv 2107.05720). It is
         * InfoNCE with other queries' positives, under the name by which recipes know it.
         */
        IN_BATCH_NLL,
        /**
         * The positive against each of the query's own negatives by itself, mean of log(1 + exp(s⁻ − s⁺)): BPR (Rendle et al.
         * 2009), naver/splade's PairwiseBPR.
         */
        POSITIVE_AGAINST_EACH,
        /**
         * Every two of the query's own candidates that the teacher orders, mean of log(1 + exp(s_b − s_a)) where t_a &gt; t_b:
         * RankNet (Burges et al. 2005). Candidates that tie for the teacher make no pair; a query without pairs counts as 0.
         */
        TEACHER_ORDERED
    }

    /** SPLADE-max's. */
    public AllPairs() {
        this(Pairs.IN_BATCH_NLL);
    }

    @Override
    public String name() {
        return switch (pairs) {
            case IN_BATCH_NLL -> "all_pairs_in_batch_nll";
            case POSITIVE_AGAINST_EACH -> "all_pairs_positive_against_each";
            case TEACHER_ORDERED -> "all_pairs_teacher_ordered";
        };
    }

    @Override
    public boolean needsBatch() {
        return pairs == Pairs.IN_BATCH_NLL;
    }

    @Override
    public boolean needsTeacher() {
        return pairs == Pairs.TEACHER_ORDERED;
    }

    @Override
    public int leastGroup() {
        return pairs == Pairs.IN_BATCH_NLL ? IN_BATCH_NLL.leastGroup() : 2;
    }

    @Override
    public double add(QueryScores query, double scale, double[] gradient) {
        return switch (pairs) {
            case IN_BATCH_NLL -> IN_BATCH_NLL.add(query, scale, gradient);
            case POSITIVE_AGAINST_EACH -> positiveAgainstEach(query, scale, gradient);
            case TEACHER_ORDERED -> teacherOrdered(query, scale, gradient);
        };
    }

    private static double positiveAgainstEach(QueryScores query, double scale, double[] gradient) {
        int pairs = query.group() - 1;
        double sum = 0;
        for (int j = 1; j <= pairs; j++) {
            sum += pair(query, 0, j, scale / pairs, gradient);
        }
        return sum / pairs;
    }

    private static double teacherOrdered(QueryScores query, double scale, double[] gradient) {
        int group = query.group();
        int pairs = 0;
        for (int a = 0; a < group; a++) {
            for (int b = 0; b < group; b++) {
                pairs += query.teacher(a) > query.teacher(b) ? 1 : 0;
            }
        }
        double sum = 0;
        for (int a = 0; a < group; a++) {
            for (int b = 0; b < group; b++) {
                if (query.teacher(a) > query.teacher(b)) {
                    sum += pair(query, a, b, scale / pairs, gradient);
                }
            }
        }
        return pairs == 0 ? 0 : sum / pairs;
    }

    /** log(1 + exp(worse − better)), without overflow. */
    private static double pair(QueryScores query, int better, int worse, double scale, double[] gradient) {
        double lead = query.candidate(worse) - query.candidate(better);
        double small = Math.exp(-Math.abs(lead));
        double slope = lead > 0 ? 1 / (1 + small) : small / (1 + small);
        gradient[query.own() + worse] += scale * slope;
        gradient[query.own() + better] -= scale * slope;
        return Math.max(lead, 0) + Math.log1p(small);
    }
}
