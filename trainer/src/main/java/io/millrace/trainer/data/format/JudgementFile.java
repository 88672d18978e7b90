package io.millrace.trainer.data.format;

import io.millrace.evaluation.Qrels;
import io.millrace.evaluation.beir.Line;
import io.millrace.evaluation.beir.LineReader;
import io.millrace.trainer.data.DataFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Judgements in TREC's form, {@code query 0 document grade} with blanks or tabs between, as MS MARCO's
 * {@code qrels.train.tsv}; or in BEIR's, {@code query TAB document TAB grade} under a header line.
 */
public final class JudgementFile {
    private JudgementFile() {}

    /**
     * Reads a file, plain or gzipped; the order of queries is kept.
     *
     * @throws DataFormatException if a line is neither, or judges what another has judged otherwise
     * @throws IOException if the file cannot be read
     */
    public static Qrels read(Path file) throws IOException {
        Map<String, Map<String, Integer>> judgements = new LinkedHashMap<>();
        try (LineReader reader = LineReader.open(file)) {
            for (Line line = reader.next(); line != null; line = reader.next()) {
                switch (line) {
                    case Line.Unreadable(long number, String reason) ->
                        throw new DataFormatException(reader.name(), number, reason);
                    case Line.Text(long number, String text)
                    when !text.isBlank() && !(number == 1 && text.startsWith("query-id")) ->
                        add(judgements, text.strip(), reader.name() + ":" + number);
                    case Line.Text other -> {}
                }
            }
        }
        return new Qrels(judgements);
    }

    private static void add(Map<String, Map<String, Integer>> judgements, String text, String place)
            throws DataFormatException {
        List<String> fields = List.of(text.split("\\s+"));
        if (fields.size() != 3 && fields.size() != 4) {
            throw new DataFormatException(
                    place,
                    "expected query, 0, document and grade (TREC), or query, document and grade (BEIR), but found "
                            + fields.size() + " field(s)");
        }
        String grade = fields.getLast();
        int number;
        try {
            number = Integer.parseInt(grade);
        } catch (NumberFormatException e) {
            throw new DataFormatException(place, "the grade must be a whole number, but is '" + grade + "'");
        }
        String document = fields.get(fields.size() - 2);
        Integer earlier = judgements
                .computeIfAbsent(fields.getFirst(), query -> new HashMap<>())
                .put(document, number);
        // MS MARCO's files say some pairs twice.
        if (earlier != null && earlier != number) {
            throw new DataFormatException(
                    place,
                    "query '" + fields.getFirst() + "' and document '" + document + "' have the grades " + earlier
                            + " and " + number + "; keep one of them");
        }
    }
}
