package io.millrace.evaluation;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A number that says how good one query's ranking is, 0 to 1, as trec_eval computes it. All but nDCG know only relevant and not
 * relevant: a document is relevant from a grade on, its <em>level</em> (trec_eval's {@code -l}), which is 1 unless said otherwise.
 * The judgements of TREC's deep-learning tracks are read at level 2.
 */
public sealed interface Metric {
    /** A cut-off that cuts nothing off. */
    int ALL = Integer.MAX_VALUE;

    /** Name as it is printed, such as {@code nDCG@10} or {@code Recall(rel=2)@1000}; {@link MetricNames} reads it back. */
    String name();

    /**
     * Judges one ranking.
     *
     * @param ranking the query's documents, best first
     * @param judgements document id → grade
     */
    double of(Ranking ranking, Map<String, Integer> judgements);

    /** What a grade is worth in nDCG. Grades of 0 and below are worth nothing. */
    enum Gain {
        /** The grade itself, as in trec_eval (Järvelin and Kekäläinen 2002). */
        LINEAR,
        /** 2^grade − 1 (Burges et al. 2005), which weighs the best grades more. */
        EXPONENTIAL;

        private double of(int grade) {
            if (grade <= 0) {
                return 0;
            }
            return switch (this) {
                case LINEAR -> grade;
                case EXPONENTIAL -> Math.pow(2, grade) - 1;
            };
        }
    }

    /**
     * Normalised discounted cumulative gain of the first {@code k}, trec_eval's {@code ndcg_cut_k}: each gain is divided by
     * log2(rank + 1); the ideal ranking holds all judged documents. 0 if no document has a gain.
     *
     * @param k documents looked at, 1 or more
     * @param gain what a grade is worth
     */
    record Ndcg(int k, Gain gain) implements Metric {
        /** Checks k. */
        public Ndcg {
            requirePositive(k);
        }

        /** With trec_eval's gain. */
        public Ndcg(int k) {
            this(k, Gain.LINEAR);
        }

        @Override
        public String name() {
            return (gain == Gain.LINEAR ? "nDCG" : "nDCG(exp)") + suffix(1, k);
        }

        @Override
        public double of(Ranking ranking, Map<String, Integer> judgements) {
            List<Integer> grades = ranking.documents().stream()
                    .limit(k)
                    .map(document -> judgements.getOrDefault(document.id(), 0))
                    .toList();
            List<Integer> ideal = judgements.values().stream()
                    .sorted(Comparator.reverseOrder())
                    .limit(k)
                    .toList();
            double best = discounted(ideal);
            return best == 0 ? 0 : discounted(grades) / best;
        }

        private double discounted(List<Integer> grades) {
            double sum = 0;
            for (int i = 0; i < grades.size(); i++) {
                double worth = gain.of(grades.get(i));
                if (worth > 0) {
                    sum += worth / (Math.log(i + 2.0) / Math.log(2.0));
                }
            }
            return sum;
        }
    }

    /**
     * Share of the relevant documents that are among the first {@code k}, trec_eval's {@code recall_k}. 0 if no document is
     * relevant.
     *
     * @param k documents looked at, 1 or more
     * @param level least grade of a relevant document
     */
    record Recall(int k, int level) implements Metric {
        /** Checks both. */
        public Recall {
            requirePositive(k);
            requireLevel(level);
        }

        /** With any grade above 0. */
        public Recall(int k) {
            this(k, 1);
        }

        @Override
        public String name() {
            return "Recall" + suffix(level, k);
        }

        @Override
        public double of(Ranking ranking, Map<String, Integer> judgements) {
            long relevant = relevant(judgements, level);
            return relevant == 0 ? 0 : (double) found(ranking, judgements, k, level) / relevant;
        }
    }

    /**
     * Share of the first {@code k} that is relevant, trec_eval's {@code P_k}: where fewer were found, the places left are not
     * relevant.
     *
     * @param k documents looked at, 1 or more
     * @param level least grade of a relevant document
     */
    record Precision(int k, int level) implements Metric {
        /** Checks both. */
        public Precision {
            requirePositive(k);
            requireLevel(level);
            if (k == ALL) {
                throw new IllegalArgumentException("precision needs a cut-off, such as P@10");
            }
        }

        /** With any grade above 0. */
        public Precision(int k) {
            this(k, 1);
        }

        @Override
        public String name() {
            return "P" + suffix(level, k);
        }

        @Override
        public double of(Ranking ranking, Map<String, Integer> judgements) {
            return (double) found(ranking, judgements, k, level) / k;
        }
    }

    /**
     * 1 / rank of the first relevant document if it is among the first {@code k}, else 0: trec_eval's {@code recip_rank} of the
     * ranking cut at {@code k}. Its mean over queries is MRR@k.
     *
     * @param k documents looked at, 1 or more
     * @param level least grade of a relevant document
     */
    record ReciprocalRank(int k, int level) implements Metric {
        /** Checks both. */
        public ReciprocalRank {
            requirePositive(k);
            requireLevel(level);
        }

        /** With any grade above 0. */
        public ReciprocalRank(int k) {
            this(k, 1);
        }

        @Override
        public String name() {
            return "MRR" + suffix(level, k);
        }

        @Override
        public double of(Ranking ranking, Map<String, Integer> judgements) {
            List<ScoredDocument> documents = ranking.documents();
            for (int i = 0; i < Math.min(k, documents.size()); i++) {
                if (isRelevant(judgements, documents.get(i), level)) {
                    return 1.0 / (i + 1);
                }
            }
            return 0;
        }
    }

    /**
     * Mean, over <em>all</em> relevant documents, of the precision at the rank where each was found, and 0 for those not among
     * the first {@code k}: trec_eval's {@code map} and {@code map_cut_k}. 0 if no document is relevant.
     *
     * @param k documents looked at, 1 or more
     * @param level least grade of a relevant document
     */
    record AveragePrecision(int k, int level) implements Metric {
        /** Checks both. */
        public AveragePrecision {
            requirePositive(k);
            requireLevel(level);
        }

        /** With any grade above 0. */
        public AveragePrecision(int k) {
            this(k, 1);
        }

        @Override
        public String name() {
            return "MAP" + suffix(level, k);
        }

        @Override
        public double of(Ranking ranking, Map<String, Integer> judgements) {
            long relevant = relevant(judgements, level);
            List<ScoredDocument> documents = ranking.documents();
            double sum = 0;
            long found = 0;
            for (int i = 0; i < Math.min(k, documents.size()); i++) {
                if (isRelevant(judgements, documents.get(i), level)) {
                    found++;
                    sum += (double) found / (i + 1);
                }
            }
            return relevant == 0 ? 0 : sum / relevant;
        }
    }

    private static boolean isRelevant(Map<String, Integer> judgements, ScoredDocument document, int level) {
        return judgements.getOrDefault(document.id(), 0) >= level;
    }

    private static long relevant(Map<String, Integer> judgements, int level) {
        return judgements.values().stream().filter(grade -> grade >= level).count();
    }

    private static long found(Ranking ranking, Map<String, Integer> judgements, int k, int level) {
        return ranking.documents().stream()
                .limit(k)
                .filter(document -> isRelevant(judgements, document, level))
                .count();
    }

    private static String suffix(int level, int k) {
        return (level == 1 ? "" : "(rel=" + level + ")") + (k == ALL ? "" : "@" + k);
    }

    private static void requirePositive(int k) {
        if (k < 1) {
            throw new IllegalArgumentException("a metric looks at 1 document or more, but k = " + k);
        }
    }

    private static void requireLevel(int level) {
        if (level < 1) {
            // A document without a judgement has grade 0 and is never relevant.
            throw new IllegalArgumentException("a document is relevant from grade 1 on or higher, but not " + level);
        }
    }
}
