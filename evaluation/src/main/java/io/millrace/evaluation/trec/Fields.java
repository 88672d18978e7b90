package io.millrace.evaluation.trec;

import io.millrace.evaluation.beir.Line;
import io.millrace.evaluation.beir.LineReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** A cursor over lines of fields with white space between them; blank lines are skipped. */
final class Fields implements Closeable {
    // What C's isspace takes for a blank, as trec_eval does. Other blanks of Unicode may be part of an id.
    private static final Pattern BLANKS = Pattern.compile("[ \\t\\x0B\\f\\r]+");
    private static final int SHOWN_CHARACTERS = 120;

    private final LineReader reader;
    private final String form;
    private final int count;
    private List<String> fields = List.of();
    private long number;

    /** Over a file whose lines have the form {@code form}. */
    Fields(Path file, String form) throws IOException {
        this(LineReader.open(file), form);
    }

    Fields(LineReader reader, String form) {
        this.reader = reader;
        this.form = form;
        this.count = form.split(" ").length;
    }

    /** A text that can be written as one field. */
    static String checked(String text) {
        if (text.isEmpty() || text.chars().anyMatch(Character::isWhitespace)) {
            throw new IllegalArgumentException("the id '" + text
                    + "' is empty or has white space in it, which separates the fields of a TREC file");
        }
        return text;
    }

    /** Moves to the next line; false at the end. */
    boolean advance() throws IOException {
        while (true) {
            Line line = reader.next();
            switch (line) {
                case null -> {
                    return false;
                }
                case Line.Unreadable(long at, String reason) -> {
                    number = at;
                    throw problem(reason);
                }
                case Line.Text(long at, String text) -> {
                    number = at;
                    String stripped = BLANKS.matcher(text).replaceAll(" ").strip();
                    if (!stripped.isEmpty()) {
                        fields = List.of(stripped.split(" "));
                        requireCount(stripped);
                        return true;
                    }
                }
            }
        }
    }

    private void requireCount(String line) throws TrecFormatException {
        if (fields.size() != count) {
            String shown = line.length() > SHOWN_CHARACTERS ? line.substring(0, SHOWN_CHARACTERS) + "…" : line;
            throw problem(
                    "expected the " + count + " fields '" + form + "', but found " + fields.size() + ": " + shown);
        }
    }

    String text(int field) {
        return fields.get(field);
    }

    int integer(int field, String what) throws TrecFormatException {
        try {
            return Integer.parseInt(fields.get(field));
        } catch (NumberFormatException e) {
            throw problem("the " + what + " must be a whole number, but is '" + fields.get(field) + "'");
        }
    }

    /**
     * A score. trec_eval reads it in double and keeps it in single precision; reading it as a float at once would round
     * some numbers another way.
     */
    float score(int field) throws TrecFormatException {
        double score;
        try {
            score = Double.parseDouble(fields.get(field));
        } catch (NumberFormatException e) {
            throw problem("the score must be a number, but is '" + fields.get(field) + "'");
        }
        float kept = (float) score;
        if (Double.isNaN(score) || Float.isInfinite(kept)) {
            throw problem("the score '" + fields.get(field) + "' cannot be ranked: it must be a number of at most "
                    + Float.MAX_VALUE + "; check what computed it");
        }
        return kept;
    }

    TrecFormatException problem(String what) {
        return new TrecFormatException(reader.name(), number, what);
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
