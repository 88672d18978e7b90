package io.millrace.evaluation.beir;

import io.millrace.evaluation.Qrels;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A collection in BEIR's layout, each file plain or with {@code .gz} behind its name:
 *
 * <pre>
 * corpus.jsonl     {"_id": "d1", "title": "...", "text": "..."}
 * queries.jsonl    {"_id": "q1", "text": "..."}
 * qrels/test.tsv   query-id TAB corpus-id TAB score, under a header line
 * </pre>
 *
 * @param folder the folder
 */
public record BeirFolder(Path folder) {
    /** Opens the corpus; the caller closes it. */
    public BeirCorpus corpus() throws IOException {
        return new BeirCorpus(new JsonLines(LineReader.open(find("corpus.jsonl"))));
    }

    /**
     * Reads what is encoded of the first documents, in the order of the corpus.
     *
     * @param limit most documents read; 0 = all
     */
    public List<String> contents(int limit) throws IOException {
        List<String> contents = new ArrayList<>();
        try (BeirCorpus corpus = corpus()) {
            for (BeirDocument document = corpus.next();
                    document != null && (limit == 0 || contents.size() < limit);
                    document = corpus.next()) {
                contents.add(document.content());
            }
        }
        return contents;
    }

    /**
     * Reads the queries, id → text, in the order of the file.
     *
     * @throws BeirFormatException if a line is not a query, or an id occurs twice
     */
    public Map<String, String> queries() throws IOException {
        Path file = find("queries.jsonl");
        Map<String, String> queries = new LinkedHashMap<>();
        try (JsonLines lines = new JsonLines(LineReader.open(file))) {
            while (lines.advance()) {
                String id = lines.required("_id");
                if (queries.put(id, lines.required("text")) != null) {
                    throw lines.problem("the query id '" + id + "' occurs twice");
                }
            }
        }
        return Collections.unmodifiableMap(queries);
    }

    /**
     * Reads the judgements of a split.
     *
     * @param split such as {@code test} or {@code train}
     * @throws BeirFormatException if a line does not have three fields, or the score is no whole number
     */
    public Qrels qrels(String split) throws IOException {
        Path file = find("qrels/" + split + ".tsv");
        Map<String, Map<String, Integer>> judgements = new LinkedHashMap<>();
        try (LineReader reader = LineReader.open(file)) {
            for (Line line = reader.next(); line != null; line = reader.next()) {
                switch (line) {
                    case Line.Unreadable(long number, String reason) ->
                        throw new BeirFormatException(reader.name(), number, reason);
                    case Line.Text(long number, String text) -> {
                        boolean header = number == 1 && text.startsWith("query-id");
                        if (!header && !text.isBlank()) {
                            addJudgement(judgements, text, reader.name(), number);
                        }
                    }
                }
            }
        }
        return new Qrels(judgements);
    }

    private static void addJudgement(
            Map<String, Map<String, Integer>> judgements, String text, String file, long number)
            throws BeirFormatException {
        List<String> fields = List.of(text.split("\t", -1));
        if (fields.size() != 3) {
            throw new BeirFormatException(
                    file,
                    number,
                    "expected query-id, corpus-id and score with one tab between each, but found " + fields.size()
                            + " field(s)");
        }
        int grade;
        try {
            grade = Integer.parseInt(fields.get(2).strip());
        } catch (NumberFormatException e) {
            throw new BeirFormatException(
                    file, number, "the score must be a whole number, but is '" + fields.get(2) + "'");
        }
        Integer earlier = judgements
                .computeIfAbsent(fields.get(0), query -> new HashMap<>())
                .put(fields.get(1), grade);
        if (earlier != null) {
            throw new BeirFormatException(
                    file,
                    number,
                    "query '" + fields.get(0) + "' and document '" + fields.get(1) + "' are judged twice");
        }
    }

    private Path find(String name) throws FileNotFoundException {
        for (String candidate : List.of(name, name + ".gz")) {
            Path file = folder.resolve(candidate);
            if (Files.isRegularFile(file)) {
                return file;
            }
        }
        throw new FileNotFoundException(folder + " has neither " + name + " nor " + name
                + ".gz; a BEIR folder holds corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv");
    }
}
