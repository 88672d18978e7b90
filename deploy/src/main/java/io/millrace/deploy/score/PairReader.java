package io.millrace.deploy.score;

import io.millrace.evaluation.beir.Line;
import io.millrace.evaluation.beir.LineReader;
import io.millrace.model.scoring.TextPair;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Pairs of a file, {@code query TAB document} a line; blank lines are skipped. For one thread. */
final class PairReader implements Closeable {
    private final LineReader lines;

    PairReader(LineReader lines) {
        this.lines = lines;
    }

    /**
     * The next pairs, at most so many; fewer only at the end.
     *
     * @throws IOException naming the line that is no pair
     */
    List<TextPair> next(int limit) throws IOException {
        List<TextPair> pairs = new ArrayList<>();
        while (pairs.size() < limit) {
            Line line = lines.next();
            switch (line) {
                case null -> {
                    return pairs;
                }
                case Line.Unreadable(long number, String reason) ->
                    throw new IOException(lines.name() + ":" + number + ": " + reason);
                case Line.Text(long number, String text) when !text.isBlank() -> pairs.add(pair(number, text));
                case Line.Text _ -> {}
            }
        }
        return pairs;
    }

    private TextPair pair(long number, String text) throws IOException {
        String[] fields = text.split("\t", -1);
        if (fields.length != 2) {
            throw new IOException(lines.name() + ":" + number + ": expected query, one tab and document, but found "
                    + (fields.length - 1) + " tab(s)");
        }
        return new TextPair(fields[0], fields[1]);
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
