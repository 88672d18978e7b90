package io.millrace.deploy.reproduce;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.Progress;
import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.ScoredDocument;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.model.scoring.PairScorer;
import io.millrace.model.scoring.TextPair;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The documents that BM25 finds, in the order of a model that looks at each of them with its query. */
final class Reranking {
    /** Scores of one query's documents, in their order. */
    private interface Scores {
        float[] of(String query, List<String> documents);
    }

    private final Console console;
    private final Map<String, String> queries;
    private final Map<String, Ranking> candidates;
    private final Map<String, String> texts;

    /**
     * Ranks nothing yet.
     *
     * @param queries id → text
     * @param candidates what is ranked, by query
     * @param texts of all candidates
     */
    Reranking(
            Console console, Map<String, String> queries, Map<String, Ranking> candidates, Map<String, String> texts) {
        this.console = console;
        this.queries = queries;
        this.candidates = candidates;
        this.texts = texts;
    }

    /** By a scorer of pairs. */
    Map<String, Ranking> by(PairScorer scorer) {
        return rank((query, documents) -> scorer.score(documents.stream()
                .map(document -> new TextPair(query, document))
                .toList()));
    }

    /** By the dot product of vectors. Documents are encoded once for each query that they are a candidate of. */
    Map<String, Ranking> by(SparseEncoder encoder) {
        return rank((query, documents) -> {
            SparseVector asked = encode(encoder, List.of(query), TextRole.QUERY).getFirst();
            List<SparseVector> vectors = encode(encoder, documents, TextRole.DOCUMENT);
            float[] scores = new float[vectors.size()];
            for (int i = 0; i < scores.length; i++) {
                scores[i] = (float) asked.dot(vectors.get(i));
            }
            return scores;
        });
    }

    private static List<SparseVector> encode(SparseEncoder encoder, List<String> texts, TextRole role) {
        return encoder.encode(encoder.tokenize(texts, role), role);
    }

    private Map<String, Ranking> rank(Scores scores) {
        Progress progress = new Progress(console, "Ranking anew");
        Map<String, Ranking> ranked = new HashMap<>();
        candidates.forEach((query, ranking) -> {
            List<String> ids =
                    ranking.documents().stream().map(ScoredDocument::id).toList();
            List<String> documents =
                    ids.stream().map(id -> texts.getOrDefault(id, "")).toList();
            float[] given = scores.of(queries.getOrDefault(query, ""), documents);
            List<ScoredDocument> scored = new ArrayList<>();
            for (int i = 0; i < given.length; i++) {
                scored.add(new ScoredDocument(ids.get(i), given[i]));
            }
            ranked.put(query, Ranking.of(scored));
            progress.update(ranked.size(), (double) ranked.size() / candidates.size());
        });
        progress.finish();
        return ranked;
    }
}
