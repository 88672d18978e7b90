package io.millrace.evaluation;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** A number between 0 and 1 that says how good one query's ranking is. */
public sealed interface Metric {
    /** Name as it is printed, such as {@code nDCG@10}. */
    String name();

    /**
     * Judges one ranking.
     *
     * @param ranking the query's documents, best first
     * @param judgements document id → grade; above 0 is relevant
     */
    double of(Ranking ranking, Map<String, Integer> judgements);

    /**
     * Normalised discounted cumulative gain of the first {@code k}, trec_eval's {@code ndcg_cut_k}: the gain is the
     * grade itself (not 2^grade − 1), divided by log2(rank + 1); the ideal ranking holds all judged documents. 0 if no
     * document is relevant.
     *
     * @param k documents looked at, 1 or more
     */
    record Ndcg(int k) implements Metric {
        /** Checks k. */
        public Ndcg {
            requirePositive(k);
        }

        @Override
        public String name() {
            return "nDCG@" + k;
        }

        @Override
        public double of(Ranking ranking, Map<String, Integer> judgements) {
            List<Integer> gains = ranking.documents().stream()
                    .limit(k)
                    .map(document -> judgements.getOrDefault(document.id(), 0))
                    .toList();
            List<Integer> ideal = judgements.values().stream()
                    .sorted(Comparator.reverseOrder())
                    .limit(k)
                    .toList();
            double best = discounted(ideal);
            return best == 0 ? 0 : discounted(gains) / best;
        }

        private static double discounted(List<Integer> gains) {
            double sum = 0;
            for (int i = 0; i < gains.size(); i++) {
                if (gains.get(i) > 0) {
                    sum += gains.get(i) / (Math.log(i + 2.0) / Math.log(2.0));
                }
            }
            return sum;
        }
    }

    /**
     * Share of the relevant documents that are among the first {@code k}, trec_eval's {@code recall_k}. 0 if no
     * document is relevant.
     *
     * @param k documents looked at, 1 or more
     */
    record Recall(int k) implements Metric {
        /** Checks k. */
        public Recall {
            requirePositive(k);
        }

        @Override
        public String name() {
            return "Recall@" + k;
        }

        @Override
        public double of(Ranking ranking, Map<String, Integer> judgements) {
            long relevant =
                    judgements.values().stream().filter(grade -> grade > 0).count();
            long found = ranking.documents().stream()
                    .limit(k)
                    .filter(document -> judgements.getOrDefault(document.id(), 0) > 0)
                    .count();
            return relevant == 0 ? 0 : (double) found / relevant;
        }
    }

    /**
     * 1 / rank of the first relevant document if it is among the first {@code k}, else 0: trec_eval's
     * {@code recip_rank} of the ranking cut at {@code k}. Its mean over queries is MRR@k.
     *
     * @param k documents looked at, 1 or more
     */
    record ReciprocalRank(int k) implements Metric {
        /** Checks k. */
        public ReciprocalRank {
            requirePositive(k);
        }

        @Override
        public String name() {
            return "MRR@" + k;
        }

        @Override
        public double of(Ranking ranking, Map<String, Integer> judgements) {
            List<ScoredDocument> documents = ranking.documents();
            for (int i = 0; i < Math.min(k, documents.size()); i++) {
                if (judgements.getOrDefault(documents.get(i).id(), 0) > 0) {
                    return 1.0 / (i + 1);
                }
            }
            return 0;
        }
    }

    private static void requirePositive(int k) {
        if (k < 1) {
            throw new IllegalArgumentException("a metric looks at 1 document or more, but k = " + k);
        }
    }
}
