package io.millrace.deploy.bench.search;

import io.millrace.index.record.DocumentId;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.SearchView;
import io.millrace.index.search.Searcher;
import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * What every search engine has to beat: term after term, each posting's impact times the query's is added to its document's sum,
 * over flat arrays that nothing can change. Impacts have 8 bits, so it is not quite exact. Looks at no shard; for one thread at a
 * time.
 */
final class ExhaustiveBaseline implements Searcher {
    private final int[] starts;
    private final int[] documents;
    private final byte[] impacts;
    private final float maxWeight;
    private final ThreadLocal<int[]> sums;

    private ExhaustiveBaseline(int[] starts, int[] documents, byte[] impacts, float maxWeight, int rows) {
        this.starts = starts;
        this.documents = documents;
        this.impacts = impacts;
        this.maxWeight = maxWeight;
        this.sums = ThreadLocal.withInitial(() -> new int[rows]);
    }

    /** Inverts the rows of a matrix. */
    static ExhaustiveBaseline of(SparseMatrix matrix) {
        float maxWeight = 0f;
        for (float weight : matrix.weights()) {
            maxWeight = Math.max(maxWeight, weight);
        }
        int[] starts = new int[matrix.columns() + 1];
        for (int term : matrix.terms()) {
            starts[term + 1]++;
        }
        for (int term = 0; term < matrix.columns(); term++) {
            starts[term + 1] += starts[term];
        }
        int[] next = starts.clone();
        int[] documents = new int[matrix.terms().length];
        byte[] impacts = new byte[documents.length];
        for (int row = 0; row < matrix.rows(); row++) {
            for (int i = matrix.offsets()[row]; i < matrix.offsets()[row + 1]; i++) {
                int posting = next[matrix.terms()[i]]++;
                documents[posting] = row;
                impacts[posting] = (byte) WeightScheme.impact(matrix.weights()[i], maxWeight);
            }
        }
        return new ExhaustiveBaseline(starts, documents, impacts, maxWeight, matrix.rows());
    }

    @Override
    public List<ScoredDocument> search(SearchView view, SparseVector query, int k) {
        float scale = 0f;
        for (float weight : query.weights()) {
            scale = Math.max(scale, weight);
        }
        int[] into = sums.get();
        Arrays.fill(into, 0);
        for (int i = 0; i < query.size(); i++) {
            int term = query.ids()[i];
            int impact = WeightScheme.impact(query.weights()[i], scale);
            int end = term < 0 || term >= starts.length - 1 ? 0 : starts[term + 1];
            for (int posting = end == 0 ? 0 : starts[term]; posting < end; posting++) {
                into[documents[posting]] += impact * (impacts[posting] & 0xFF);
            }
        }
        double unit = (double) scale / WeightScheme.MAX_IMPACT * maxWeight / WeightScheme.MAX_IMPACT;
        return best(into, k, unit);
    }

    private static List<ScoredDocument> best(int[] sums, int k, double unit) {
        // Sum in the upper half, row in the lower: the smallest goes first.
        PriorityQueue<Long> heap = new PriorityQueue<>(k + 1);
        int bound = 0;
        for (int row = 0; row < sums.length; row++) {
            if (sums[row] > bound) {
                heap.add((long) sums[row] << Integer.SIZE | row);
                if (heap.size() > k) {
                    heap.poll();
                    bound = (int) (heap.element() >>> Integer.SIZE);
                }
            }
        }
        List<ScoredDocument> hits = new ArrayList<>();
        heap.stream().sorted(Comparator.reverseOrder()).forEach(entry -> {
            DocumentId id = DocumentId.of(Integer.toString(entry.intValue()));
            hits.add(new ScoredDocument(id, (float) ((entry >>> Integer.SIZE) * unit), entry.intValue()));
        });
        return hits;
    }
}
