package io.millrace.trainer.data.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.trainer.data.DataFormatException;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads teacher scores, {@code {"query id": {"document id": score, …}, …}}, one query at a time, so that memory holds the
 * scores of one query only. A file may be one such object, or several, one behind the other (a line each, say). Plain or
 * gzipped, told by the first two bytes. For one thread.
 */
public final class ScoreJson implements Closeable {
    /** More documents than any run of a teacher lists for a query; a file that has more is not of this form. */
    private static final int MOST_DOCUMENTS = 1_000_000;

    /** Ids are kept in records with two bytes of length. */
    private static final int LONGEST_ID = 4_096;

    /** Characters of a query's ids together: four thousand documents with the longest ids, a million with usual ones. */
    private static final int MOST_ID_CHARACTERS = 16 << 20;

    private static final int BUFFER_BYTES = 1 << 16;
    private static final JsonFactory JSON = JsonFactory.builder()
            // Ids are met once or twice; a table of them would only grow.
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    private final String name;
    private final JsonParser parser;
    private boolean inside;

    private ScoreJson(String name, JsonParser parser) {
        this.name = name;
        this.parser = parser;
    }

    /**
     * Opens a file.
     *
     * @throws IOException if it cannot be opened, or starts like gzip and is not
     */
    public static ScoreJson open(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES);
        try {
            in.mark(2);
            boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
            in.reset();
            return new ScoreJson(file.toString(), JSON.createParser(gzip ? new GZIPInputStream(in, BUFFER_BYTES) : in));
        } catch (IOException e) {
            in.close();
            throw new IOException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Scores of the next query; empty at the end.
     *
     * @throws DataFormatException if the file is not of the form above, a score is not finite, or a document occurs twice
     * @throws IOException if the file cannot be read further, such as a gzip file that was cut off
     */
    public Optional<QueryScores> next() throws IOException {
        try {
            while (true) {
                JsonToken token = parser.nextToken();
                if (!inside) {
                    if (token == null) {
                        return Optional.empty();
                    }
                    require(token == JsonToken.START_OBJECT, "the file must be an object {\"query id\": {…}}");
                    inside = true;
                } else if (token == JsonToken.END_OBJECT) {
                    inside = false;
                } else {
                    require(token == JsonToken.FIELD_NAME, "the file ends within an object");
                    return Optional.of(query(parser.currentName()));
                }
            }
        } catch (JsonProcessingException e) {
            throw problem(e.getLocation(), "not valid JSON: " + e.getOriginalMessage());
        } catch (EOFException | ZipException e) {
            throw new IOException(
                    name + ": the gzip data are damaged or cut off (" + e.getMessage() + "); copy the file again", e);
        }
    }

    private QueryScores query(String queryId) throws IOException {
        requireId(queryId, "query");
        require(
                parser.nextToken() == JsonToken.START_OBJECT,
                "the query '" + queryId + "' must have an object {\"document id\": score, …}");
        Map<String, Float> scores = new LinkedHashMap<>();
        long characters = 0;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String document = parser.currentName();
            requireId(document, "document");
            JsonToken value = parser.nextToken();
            boolean number = value == JsonToken.VALUE_NUMBER_FLOAT || value == JsonToken.VALUE_NUMBER_INT;
            float score = number ? parser.getFloatValue() : Float.NaN;
            require(
                    Float.isFinite(score),
                    "the score of query '" + queryId + "' and document '" + document
                            + "' must be a finite number, but is " + parser.getText());
            require(
                    scores.put(document, score) == null,
                    "the document '" + document + "' of query '" + queryId + "' occurs twice; remove one");
            characters += document.length();
            require(
                    scores.size() <= MOST_DOCUMENTS && characters <= MOST_ID_CHARACTERS,
                    "the query '" + queryId + "' has more than " + MOST_DOCUMENTS + " documents, or ids of more than "
                            + MOST_ID_CHARACTERS + " characters; give the best documents of each query");
        }
        require(
                parser.currentToken() == JsonToken.END_OBJECT,
                "the scores of query '" + queryId + "' end too early; copy the file again");
        return new QueryScores(queryId, scores);
    }

    private void requireId(String id, String what) throws DataFormatException {
        require(
                !id.isEmpty() && id.length() <= LONGEST_ID,
                "a " + what + " has an id of " + id.length() + " characters; it must have 1 to " + LONGEST_ID);
    }

    private void require(boolean holds, String otherwise) throws DataFormatException {
        if (!holds) {
            throw problem(parser.currentLocation(), otherwise);
        }
    }

    private DataFormatException problem(JsonLocation location, String what) {
        return new DataFormatException(name, location.getLineNr(), "column " + location.getColumnNr() + ": " + what);
    }

    @Override
    public void close() throws IOException {
        parser.close();
    }
}
