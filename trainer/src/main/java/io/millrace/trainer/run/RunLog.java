package io.millrace.trainer.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.service.DurableFile;
import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Lines of JSON about a run, in the order of its steps. For one thread. */
final class RunLog implements Closeable {
    private final Writer lines;

    private RunLog(Writer lines) {
        this.lines = lines;
    }

    /**
     * Goes on with a log, without the lines of steps that will be taken again.
     *
     * @param step steps that were taken
     */
    static RunLog open(Path file, long step) throws IOException {
        StringBuilder kept = new StringBuilder();
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                if (isAtMost(line, step)) {
                    kept.append(line).append('\n');
                }
            }
        }
        DurableFile.replace(file, kept.toString());
        return new RunLog(Files.newBufferedWriter(file, StandardOpenOption.APPEND));
    }

    /** A line that a kill cut short belongs to a step that will be taken again. */
    private static boolean isAtMost(String line, long step) {
        try {
            JsonNode json = new JsonMapper().readTree(line);
            return json.path("step").asLong(Long.MAX_VALUE) <= step;
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    void add(RunEvent event) throws IOException {
        lines.write(event.toJson() + "\n");
        lines.flush();
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
