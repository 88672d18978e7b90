package io.millrace.trainer.teacher;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.trainer.data.format.QueryScores;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * Writes scores as {@code {"query id": {"document id": score, …}, …}}, a query a line, gzipped if the name ends in
 * {@code .gz}. The file has another name until it is finished. For one thread.
 */
public final class ScoreWriter implements Closeable {
    private final Path file;
    private final Path unfinished;
    private final JsonGenerator json;

    /** Opens a file for writing. */
    public ScoreWriter(Path file) throws IOException {
        this.file = file;
        this.unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
        OutputStream out = Files.newOutputStream(unfinished);
        this.json = new JsonFactory()
                .createGenerator(
                        String.valueOf(file.getFileName()).endsWith(".gz") ? new GZIPOutputStream(out, 1 << 16) : out,
                        JsonEncoding.UTF8);
        json.writeStartObject();
    }

    /** Writes the scores of a query. */
    public void write(QueryScores query) throws IOException {
        json.writeRaw('\n');
        json.writeObjectFieldStart(query.queryId());
        for (Map.Entry<String, Float> score : query.byDocument().entrySet()) {
            json.writeNumberField(score.getKey(), score.getValue());
        }
        json.writeEndObject();
    }

    /** Ends the file and gives it its name. */
    public void finish() throws IOException {
        json.writeEndObject();
        json.writeRaw('\n');
        json.close();
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Writes all scores of a source. */
    public static void write(ScoreSource source, Path file) throws IOException {
        try (ScoreWriter writer = new ScoreWriter(file)) {
            for (long place = 0; place < source.size(); place++) {
                writer.write(source.at(place));
            }
            writer.finish();
        }
    }

    /** Removes what was not finished. */
    @Override
    public void close() throws IOException {
        json.close();
        Files.deleteIfExists(unfinished);
    }
}
