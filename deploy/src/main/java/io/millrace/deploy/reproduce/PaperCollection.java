package io.millrace.deploy.reproduce;

import io.millrace.deploy.eval.TestCollection;
import io.millrace.evaluation.Evaluation;
import io.millrace.evaluation.Metric;
import io.millrace.evaluation.Qrels;
import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.beir.BeirDocument;
import io.millrace.evaluation.msmarco.MarcoFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The passages with all of their splits. Queries of all splits are asked together, each as {@code split/id}, so that passages are
 * encoded and indexed once a row.
 *
 * @param all every split's queries and judgements
 * @param splits by name
 */
record PaperCollection(TestCollection all, List<Split> splits) {
    /**
     * Queries with their judgements.
     *
     * @param name of the split
     * @param metrics what is said of it
     * @param qrels judgements
     */
    record Split(String name, List<Metric> metrics, Qrels qrels) {
        private static final List<Metric> BINARY = List.of(new Metric.ReciprocalRank(10), new Metric.Recall(1000));
        private static final List<Metric> GRADED =
                List.of(new Metric.Ndcg(10), new Metric.ReciprocalRank(10, 2), new Metric.Recall(1000, 2));

        /** Where there are grades above 1, as in TREC's deep-learning tracks, documents are relevant from grade 2 on. */
        static Split of(String name, Qrels qrels) {
            boolean graded = qrels.queryIds().stream()
                    .flatMap(query -> qrels.judgements(query).values().stream())
                    .anyMatch(grade -> grade > 1);
            return new Split(name, graded ? GRADED : BINARY, qrels);
        }
    }

    /**
     * Reads a folder in MS MARCO's layout.
     *
     * @param chosen splits to use; empty = all
     */
    static PaperCollection read(Path folder, List<String> chosen) throws IOException {
        if (!MarcoFolder.is(folder)) {
            throw new IllegalArgumentException(folder
                    + " has no collection.tsv; the tables need collection.tsv, queries.NAME.tsv and qrels.NAME.tsv");
        }
        List<Split> splits = new ArrayList<>();
        Map<String, String> queries = new LinkedHashMap<>();
        Map<String, Map<String, Integer>> judgements = new LinkedHashMap<>();
        for (String name : chosen.isEmpty() ? new MarcoFolder(folder).splits() : chosen) {
            TestCollection read = TestCollection.read(folder, name);
            splits.add(Split.of(name, read.qrels()));
            for (String id : read.qrels().queryIds()) {
                queries.put(key(name, id), read.queries().getOrDefault(id, ""));
                judgements.put(key(name, id), read.qrels().judgements(id));
            }
        }
        Path last = folder.toAbsolutePath().normalize().getFileName();
        return new PaperCollection(
                new TestCollection(String.valueOf(last), folder, new Qrels(judgements), queries), List.copyOf(splits));
    }

    private static String key(String split, String query) {
        return split + "/" + query;
    }

    /** Judges a run of all splits' queries, split by split. */
    Map<String, Evaluation> judge(Map<String, Ranking> run) {
        Map<String, Evaluation> evaluations = new LinkedHashMap<>();
        for (Split split : splits) {
            Map<String, Ranking> own = new HashMap<>();
            for (String id : split.qrels().queryIds()) {
                Ranking ranking = run.get(key(split.name(), id));
                if (ranking != null) {
                    own.put(id, ranking);
                }
            }
            evaluations.put(split.name(), Evaluation.of(split.qrels(), own, split.metrics()));
        }
        return evaluations;
    }

    /** Texts of some documents, which are kept in memory together. */
    Map<String, String> texts(Set<String> ids) throws IOException {
        Map<String, String> texts = HashMap.newHashMap(ids.size());
        try (TestCollection.Documents documents = all.documents()) {
            for (BeirDocument document = documents.next(); document != null; document = documents.next()) {
                if (ids.contains(document.id())) {
                    texts.put(document.id(), document.content());
                }
            }
        }
        return texts;
    }
}
