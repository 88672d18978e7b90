package io.millrace.deploy.bench;

import io.millrace.evaluation.Evaluation;
import io.millrace.evaluation.Metric;
import io.millrace.evaluation.Qrels;
import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.ScoredDocument;
import io.millrace.evaluation.beir.BeirCorpus;
import io.millrace.evaluation.beir.BeirDocument;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Judged queries, answered with exact scores over all documents.
 *
 * @param qrels judgements; empty where there is nothing to judge
 * @param queryIds judged queries
 * @param queries their texts, in the same order
 * @param documentIds in the order of the corpus
 */
record Effectiveness(Qrels qrels, List<String> queryIds, List<String> queries, List<String> documentIds) {
    private static final int DEPTH = 100;

    /**
     * Reads what is judged.
     *
     * @param cut whether the corpus is not read as a whole, so that figures would mean nothing
     */
    static Effectiveness read(BeirFolder folder, String split, boolean cut) throws IOException {
        if (cut || !Files.isDirectory(folder.folder().resolve("qrels"))) {
            return new Effectiveness(new Qrels(Map.of()), List.of(), List.of(), List.of());
        }
        Qrels qrels = folder.qrels(split);
        Map<String, String> texts = folder.queries();
        List<String> ids = qrels.queryIds().stream().sorted().toList();
        List<String> documents = new ArrayList<>();
        try (BeirCorpus corpus = folder.corpus()) {
            for (BeirDocument document = corpus.next(); document != null; document = corpus.next()) {
                documents.add(document.id());
            }
        }
        return new Effectiveness(
                qrels, ids, ids.stream().map(id -> texts.getOrDefault(id, "")).toList(), documents);
    }

    /** Metrics of a run; none where nothing is judged. */
    Map<String, Object> of(EncodedTexts vectors) {
        Map<String, Object> result = new LinkedHashMap<>();
        if (queryIds.isEmpty()) {
            return result;
        }
        Map<Integer, List<Posting>> postings = new HashMap<>();
        for (int d = 0; d < vectors.documents().size(); d++) {
            SparseVector vector = vectors.documents().get(d);
            for (int i = 0; i < vector.size(); i++) {
                postings.computeIfAbsent(vector.ids()[i], term -> new ArrayList<>())
                        .add(new Posting(d, vector.weights()[i]));
            }
        }
        Map<String, Ranking> run = new HashMap<>();
        for (int q = 0; q < queryIds.size(); q++) {
            String id = queryIds.get(q);
            run.put(id, ranking(vectors.queries().get(q), postings).without(id).top(DEPTH));
        }
        Evaluation evaluation = Evaluation.of(qrels, run, List.of(new Metric.Ndcg(10), new Metric.Recall(100)));
        result.putAll(evaluation.means());
        return result;
    }

    private record Posting(int document, float weight) {}

    private Ranking ranking(SparseVector query, Map<Integer, List<Posting>> postings) {
        double[] scores = new double[documentIds.size()];
        for (int i = 0; i < query.size(); i++) {
            for (Posting posting : postings.getOrDefault(query.ids()[i], List.of())) {
                scores[posting.document()] += (double) query.weights()[i] * posting.weight();
            }
        }
        List<ScoredDocument> hits = new ArrayList<>();
        for (int d = 0; d < scores.length; d++) {
            if (scores[d] > 0) {
                hits.add(new ScoredDocument(documentIds.get(d), (float) scores[d]));
            }
        }
        return Ranking.of(hits);
    }
}
