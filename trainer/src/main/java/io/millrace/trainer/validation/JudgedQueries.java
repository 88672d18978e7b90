package io.millrace.trainer.validation;

import io.millrace.evaluation.Evaluation;
import io.millrace.evaluation.Metric;
import io.millrace.evaluation.Qrels;
import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.trainer.recipe.InvalidRecipeException;
import io.millrace.vector.SparseMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Queries of a collection that have judgements.
 *
 * @param ids in the order of the judgements
 * @param texts of the queries, in the same order
 * @param qrels their judgements
 */
public record JudgedQueries(List<String> ids, List<String> texts, Qrels qrels) {
    /** Documents of a ranking; metrics of trained models look no deeper. */
    private static final int DEPTH = 1000;

    /** Copies the lists. */
    public JudgedQueries {
        ids = List.copyOf(ids);
        texts = List.copyOf(texts);
    }

    /**
     * Reads them.
     *
     * @param collection in BEIR's layout
     * @param split of its judgements
     * @param most queries, the first ones; 0 for all
     * @throws InvalidRecipeException if there are none
     */
    public static JudgedQueries read(Path collection, String split, int most) throws IOException {
        BeirFolder folder = new BeirFolder(collection);
        Qrels all = folder.qrels(split);
        Map<String, String> texts = folder.queries();
        Map<String, Map<String, Integer>> judged = new LinkedHashMap<>();
        List<String> asked = new ArrayList<>();
        for (String id : all.queryIds()) {
            String text = texts.get(id);
            if (text != null && (most == 0 || judged.size() < most)) {
                judged.put(id, all.judgements(id));
                asked.add(text);
            }
        }
        if (judged.isEmpty()) {
            throw new InvalidRecipeException(
                    collection + " has no judged query in its split " + split + "; name another split");
        }
        return new JudgedQueries(List.copyOf(judged.keySet()), asked, new Qrels(judged));
    }

    /**
     * How well a search finds what they ask for; a document with a query's own id is the query and not looked for.
     *
     * @param asked vectors of the queries, in their order
     * @param metrics what is measured, which looks at {@value #DEPTH} documents of a ranking
     */
    public Evaluation evaluate(ExactSearch search, SparseMatrix asked, List<Metric> metrics) {
        Map<String, Ranking> run = new LinkedHashMap<>();
        for (int q = 0; q < ids.size(); q++) {
            run.put(ids.get(q), search.top(asked, q, DEPTH).without(ids.get(q)));
        }
        return Evaluation.of(qrels, run, metrics);
    }
}
