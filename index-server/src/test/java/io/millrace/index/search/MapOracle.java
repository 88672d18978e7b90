package io.millrace.index.search;

import io.millrace.index.record.DocumentId;
import io.millrace.index.record.WeightScheme;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a search must find, from a plain map of what should be there and the definition of scores: knows no shard. */
public final class MapOracle {
    private MapOracle() {}

    /** The best documents, best first, each as id and score. */
    public static List<String> search(
            Map<DocumentId, SparseVector> documents, SparseVector query, WeightScheme weights, int k) {
        List<ScoredDocument> all = new ArrayList<>();
        documents.forEach((id, vector) -> {
            float score = weights.quantised() ? impactScore(query, vector, weights) : (float) query.dot(vector);
            if (score > 0) {
                all.add(new ScoredDocument(id, score, 0));
            }
        });
        all.sort(ScoredDocument.BEST_FIRST);
        return named(all.subList(0, Math.min(k, all.size())));
    }

    /** Hits in the same form. */
    public static List<String> named(List<ScoredDocument> hits) {
        return hits.stream().map(hit -> hit.id() + " " + hit.score()).toList();
    }

    /** The definition, written out: impacts of both sides, integer sum, rescaled. */
    private static float impactScore(SparseVector query, SparseVector document, WeightScheme weights) {
        float queryScale = 0;
        for (float weight : query.weights()) {
            queryScale = Math.max(queryScale, weight);
        }
        long sum = 0;
        for (int i = 0; i < query.size(); i++) {
            float weight = document.weight(query.ids()[i]);
            if (weight > 0) {
                long q = Math.max(1, Math.round(query.weights()[i] * 255.0 / queryScale));
                long d = Math.min(255, Math.max(1, Math.round(weight * 255.0 / weights.maxWeight())));
                sum += q * d;
            }
        }
        return (float) (sum * ((double) queryScale / 255 * weights.maxWeight() / 255));
    }
}
