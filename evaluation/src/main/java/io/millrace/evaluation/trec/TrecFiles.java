package io.millrace.evaluation.trec;

import io.millrace.evaluation.Qrels;
import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.ScoredDocument;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whole runs and qrels, in and out.
 *
 * <p>trec_eval does not believe a run's ranks, nor the order of its lines: it ranks by score, descending, and documents of one score
 * by id, descending. Scores that differ only beyond single precision are one score to it. That is how runs are read here; a run
 * that ranks in another order is judged in this one. Lines of a query need not stand together.
 */
public final class TrecFiles {
    private static final String QRELS_FORM = "query iteration document grade";

    private TrecFiles() {}

    /**
     * Reads a run: query id → ranking, in the order in which queries first occur.
     *
     * @throws TrecFormatException naming the line, if one breaks the format or repeats a document
     */
    public static Map<String, Ranking> readRun(Path file) throws IOException {
        try (RunReader reader = RunReader.open(file)) {
            return readRun(reader);
        }
    }

    /** Reads what is left of a run; see {@link #readRun(Path)}. */
    public static Map<String, Ranking> readRun(RunReader reader) throws IOException {
        Map<String, List<ScoredDocument>> hits = new LinkedHashMap<>();
        Map<String, Set<String>> seen = new HashMap<>();
        // Each document occurs for many queries: one copy of its id is enough.
        Map<String, String> ids = new HashMap<>();
        for (RunLine line = reader.next(); line != null; line = reader.next()) {
            String id = ids.computeIfAbsent(line.document(), same -> same);
            if (!seen.computeIfAbsent(line.query(), query -> new HashSet<>()).add(id)) {
                throw reader.problem("query '" + line.query() + "' has the document '" + id
                        + "' twice; a run names each document once a query");
            }
            hits.computeIfAbsent(line.query(), query -> new ArrayList<>()).add(new ScoredDocument(id, line.score()));
        }
        Map<String, Ranking> run = LinkedHashMap.newLinkedHashMap(hits.size());
        hits.forEach((query, documents) -> run.put(query, Ranking.of(documents)));
        return run;
    }

    /**
     * Writes a run, query after query, each in the order of its ranking.
     *
     * @param tag name of the run, without white space
     * @throws IllegalArgumentException if an id has white space in it
     */
    public static void writeRun(Path file, Map<String, Ranking> run, String tag) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (Map.Entry<String, Ranking> query : run.entrySet()) {
                int rank = 1;
                for (ScoredDocument document : query.getValue().documents()) {
                    out.write(new RunLine(query.getKey(), document.id(), rank++, document.score(), tag).text());
                    out.write('\n');
                }
            }
        }
    }

    /**
     * Reads judgements, {@code query iteration document grade}; the iteration is ignored, as trec_eval does. The {@code qrels.*.tsv}
     * of MS MARCO have the same form.
     *
     * @throws TrecFormatException naming the line, if one breaks the format or judges a document again
     */
    public static Qrels readQrels(Path file) throws IOException {
        Map<String, Map<String, Integer>> judgements = new LinkedHashMap<>();
        try (Fields fields = new Fields(file, QRELS_FORM)) {
            while (fields.advance()) {
                String query = fields.text(0);
                String document = fields.text(2);
                Integer earlier = judgements
                        .computeIfAbsent(query, id -> new LinkedHashMap<>())
                        .put(document, fields.integer(3, "grade"));
                if (earlier != null) {
                    throw fields.problem("query '" + query + "' and document '" + document + "' are judged twice");
                }
            }
        }
        return new Qrels(judgements);
    }

    /**
     * Writes judgements, documents of a query by id.
     *
     * @throws IllegalArgumentException if an id has white space in it
     */
    public static void writeQrels(Path file, Qrels qrels) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (String query : qrels.queryIds()) {
                for (Map.Entry<String, Integer> judged : qrels.judgements(query).entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .toList()) {
                    out.write(Fields.checked(query) + " 0 " + Fields.checked(judged.getKey()) + " " + judged.getValue()
                            + "\n");
                }
            }
        }
    }
}
