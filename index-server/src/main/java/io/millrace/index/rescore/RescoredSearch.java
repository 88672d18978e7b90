package io.millrace.index.rescore;

import io.millrace.index.search.Accuracy;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.SearchView;
import io.millrace.index.search.Searcher;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;

/**
 * Searches 8-bit weights for more documents than wanted, scores those that could be among the best by their vectors, and looks for
 * more as long as one not yet seen could still be: the result is that of 32-bit weights, but for weights that were clipped. Safe
 * for any thread.
 */
public final class RescoredSearch {
    // Of 300 questions over 231,621 passages of a SPLADE model, whose best 10, 100 and 1,000 need the best 13, 126 and
    // 1,284 in nine
    // of ten cases to be certain, and 22, 139 and 1,464 in 99 of 100. The deepest that belonged to them was found at
    // 22, 108 and
    // 1,108.
    private static final int MORE = 6;
    private static final double SHARE_MORE = 0.375;
    // Where that many do not do, their scores differ by less than 8 bits can tell, and nobody should wait for their
    // order.
    private static final int DEEPEST = 1_024;
    private static final int DEEPEST_PER_HIT = 4;

    private final Searcher searcher;

    /** @param searcher what finds by impacts */
    public RescoredSearch(Searcher searcher) {
        this.searcher = searcher;
    }

    /**
     * The best documents by the dot product of the vectors, rounded once to float; equal scores by ascending id.
     *
     * @param view state to search; held by the caller until this returns
     * @param vectors the documents' vectors in the same state
     * @param k documents wanted, 1 to {@value Searcher#MAX_K}
     * @param accuracy how much of the exact result is enough, of the documents that are scored again
     */
    public List<ScoredDocument> search(
            SearchView view, StoredVectors vectors, SparseVector query, int k, Accuracy accuracy) {
        ErrorBound error = ErrorBound.of(query, view.weights());
        int depth = k + MORE + (int) (SHARE_MORE * k);
        // What an approximate search finds first, it may not find again.
        int deepest = accuracy.equals(Accuracy.EXACT) ? Math.max(DEEPEST, DEEPEST_PER_HIT * k) : depth;
        List<ScoredDocument> exact = new ArrayList<>();
        int scored = 0;
        while (true) {
            List<ScoredDocument> found = searcher.search(view, query, depth, accuracy);
            int contenders = Math.max(scored, contenders(found, k, error));
            // The first ones are those of the round before.
            score(found.subList(scored, contenders), vectors, query, exact);
            scored = contenders;
            exact.sort(ScoredDocument.BEST_FIRST);
            boolean certain =
                    found.size() < depth || contenders < found.size() || isOut(found.getLast(), exact, k, error);
            if (certain || depth >= deepest) {
                return new ArrayList<>(exact.subList(0, Math.min(k, exact.size())));
            }
            depth = Math.min(2 * depth, deepest);
        }
    }

    /** How many of the documents found could be among the k best. */
    private static int contenders(List<ScoredDocument> found, int k, ErrorBound error) {
        int contenders = Math.min(k, found.size());
        if (contenders == k) {
            // At least k documents have this dot product.
            double least = error.lowest(found.get(k - 1).score());
            while (contenders < found.size()
                    && error.highest(found.get(contenders).score()) >= least) {
                contenders++;
            }
        }
        return contenders;
    }

    /** Whether a document with this score of impacts could not be among the best, nor any below it. */
    private static boolean isOut(ScoredDocument last, List<ScoredDocument> exact, int k, ErrorBound error) {
        return exact.size() >= k
                && error.highest(last.score()) < exact.get(k - 1).score();
    }

    private static void score(
            List<ScoredDocument> found, StoredVectors vectors, SparseVector query, List<ScoredDocument> exact) {
        long[] ordinals = new long[found.size()];
        for (int i = 0; i < ordinals.length; i++) {
            ordinals[i] = found.get(i).ordinal();
        }
        List<SparseVector> stored = ordinals.length == 0 ? List.of() : vectors.vectors(ordinals);
        for (int i = 0; i < ordinals.length; i++) {
            float score = (float) query.dot(stored.get(i));
            if (score > 0f) {
                exact.add(new ScoredDocument(found.get(i).id(), score, ordinals[i]));
            }
        }
    }
}
