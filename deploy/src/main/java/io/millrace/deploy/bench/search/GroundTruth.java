package io.millrace.deploy.bench.search;

import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * The best documents of each query by exact scores, dot products in double: score descending, then row ascending.
 *
 * @param depth documents of each query K
 * @param documents rows of the documents, query after query [queries × K]
 * @param scores their scores, in the same order; 0 where fewer than K documents match
 */
record GroundTruth(int depth, int[] documents, double[] scores) {
    // Scores are floats: 24 bits, so that what ties exactly may differ by 6e-8 and what differs by less may tie.
    private static final double TOLERANCE = 1e-6;

    private record Candidate(int document, double score) {
        static final Comparator<Candidate> WORST_FIRST = Comparator.comparingDouble(Candidate::score)
                .thenComparing(Candidate::document, Comparator.reverseOrder());
    }

    private record Asked(int query, float weight) {}

    /**
     * Computes it, document after document, without an index.
     *
     * @param depth documents of each query; at most as many as there are
     * @param progress told how many documents are done
     */
    static GroundTruth of(SparseMatrix documents, List<SparseVector> queries, int depth, IntConsumer progress) {
        Map<Integer, List<Asked>> asked = new HashMap<>();
        List<PriorityQueue<Candidate>> best = new ArrayList<>();
        for (int q = 0; q < queries.size(); q++) {
            best.add(new PriorityQueue<>(depth, Candidate.WORST_FIRST));
            for (int i = 0; i < queries.get(q).size(); i++) {
                asked.computeIfAbsent(queries.get(q).ids()[i], term -> new ArrayList<>())
                        .add(new Asked(q, queries.get(q).weights()[i]));
            }
        }
        double[] bounds = new double[queries.size()];
        for (int d = 0; d < documents.rows(); d++) {
            // Terms ascend, so that each sum is SparseVector.dot to the last bit.
            double[] sums = new double[queries.size()];
            for (int i = documents.offsets()[d]; i < documents.offsets()[d + 1]; i++) {
                double weight = documents.weights()[i];
                for (Asked asker : asked.getOrDefault(documents.terms()[i], List.of())) {
                    sums[asker.query()] += weight * asker.weight();
                }
            }
            for (int q = 0; q < sums.length; q++) {
                PriorityQueue<Candidate> top = best.get(q);
                // Rows ascend: an equal score comes too late.
                if (top.size() == depth && sums[q] <= bounds[q]) {
                    continue;
                }
                if (top.size() == depth) {
                    top.remove();
                }
                top.add(new Candidate(d, sums[q]));
                bounds[q] = top.element().score();
            }
            progress.accept(d + 1);
        }
        return of(best, depth);
    }

    private static GroundTruth of(List<PriorityQueue<Candidate>> best, int depth) {
        int[] documents = new int[Math.multiplyExact(best.size(), depth)];
        double[] scores = new double[documents.length];
        for (int q = 0; q < best.size(); q++) {
            for (int rank = depth - 1; rank >= 0; rank--) {
                Candidate worst = best.get(q).remove();
                documents[q * depth + rank] = worst.document();
                scores[q * depth + rank] = worst.score();
            }
        }
        return new GroundTruth(depth, documents, scores);
    }

    /** Number of queries. */
    int queries() {
        return documents.length / depth;
    }

    /**
     * Share of the best k that a search found. A document counts if its exact score is that of the k-th, within 1e-6 of
     * it, or better; where fewer than k documents match, they are all that is to be found.
     *
     * @param found rows of documents, best first
     * @param k at most {@link #depth} or all documents
     */
    double recall(int query, List<Integer> found, int k) {
        int from = query * depth;
        int wanted = 0;
        while (wanted < Math.min(k, depth) && scores[from + wanted] > 0) {
            wanted++;
        }
        if (wanted == 0) {
            return 1;
        }
        double least = scores[from + wanted - 1] * (1 - TOLERANCE);
        Set<Integer> hits = new HashSet<>();
        for (int i = from; i < from + depth && scores[i] >= least; i++) {
            hits.add(documents[i]);
        }
        hits.retainAll(new HashSet<>(found.subList(0, Math.min(k, found.size()))));
        return (double) Math.min(wanted, hits.size()) / wanted;
    }
}
