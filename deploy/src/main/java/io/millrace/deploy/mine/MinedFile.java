package io.millrace.deploy.mine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The file of hard negatives while it grows: {@code FILE.unfinished}, of which each batch of lines is synced, with the
 * settings beside it in {@code FILE.settings.json}; a run that was cut off goes on behind its last whole line. For one
 * thread.
 */
final class MinedFile implements Closeable {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int WINDOW_BYTES = 1 << 16;

    private final Path file;
    private final Path unfinished;
    private final FileChannel channel;
    private final Set<String> done;

    private MinedFile(Path file, Path unfinished, FileChannel channel, Set<String> done) {
        this.file = file;
        this.unfinished = unfinished;
        this.channel = channel;
        this.done = done;
    }

    /**
     * Begins a file, or goes on with one.
     *
     * @param settings everything that decides what is mined
     * @throws IllegalArgumentException if the file is finished, or was begun with other settings
     * @throws IOException if what is there cannot be read, or is no file of hard negatives
     */
    static MinedFile open(Path file, Map<String, Object> settings) throws IOException {
        if (Files.exists(file)) {
            throw new IllegalArgumentException(file + " is there already; name another file, or delete it");
        }
        Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
        Path settingsFile = file.resolveSibling(file.getFileName() + ".settings.json");
        JsonNode wanted = JSON.valueToTree(settings);
        if (Files.exists(unfinished)) {
            refuseOther(settingsFile, unfinished, wanted);
        } else {
            Files.write(settingsFile, JSON.writeValueAsBytes(wanted));
        }
        FileChannel channel = FileChannel.open(
                unfinished, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            return new MinedFile(file, unfinished, channel, resume(unfinished, channel));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static void refuseOther(Path settingsFile, Path unfinished, JsonNode wanted) throws IOException {
        JsonNode begun = Files.exists(settingsFile)
                ? JSON.readTree(Files.readAllBytes(settingsFile))
                : JSON.getNodeFactory().missingNode();
        // Numbers differ in type once they are read.
        if (!JSON.readTree(wanted.toString()).equals(begun)) {
            throw new IllegalArgumentException(unfinished + " was begun with " + begun + ", but now there is " + wanted
                    + "; go on with the same settings, or delete it");
        }
    }

    /** Ids of queries whose lines are whole; what is behind the last whole line is cut off. */
    private static Set<String> resume(Path unfinished, FileChannel channel) throws IOException {
        long whole = endOfLastLine(channel);
        channel.truncate(whole);
        channel.position(whole);
        Set<String> done = new HashSet<>();
        try (BufferedReader lines = Files.newBufferedReader(unfinished, StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                done.add(JSON.readTree(line).path("qid").asText());
            }
        } catch (JsonProcessingException | CharacterCodingException e) {
            throw new IOException(
                    unfinished + ": line " + (done.size() + 1) + " is damaged; delete the file, and begin anew", e);
        }
        return done;
    }

    /** Place behind the last line feed; looked for from the end, because the file may be large. */
    private static long endOfLastLine(FileChannel channel) throws IOException {
        ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES);
        for (long end = channel.size(); end > 0; end -= WINDOW_BYTES) {
            long start = Math.max(0, end - WINDOW_BYTES);
            window.clear().limit((int) (end - start));
            while (window.hasRemaining() && channel.read(window, start + window.position()) > 0) {
                // A read may give less than was asked for.
            }
            for (int i = window.position() - 1; i >= 0; i--) {
                if (window.get(i) == '\n') {
                    return start + i + 1;
                }
            }
        }
        return 0;
    }

    /** Whether a query's line is there. */
    boolean has(String queryId) {
        return done.contains(queryId);
    }

    /** Number of lines that are there. */
    int size() {
        return done.size();
    }

    /** Appends lines, each of its query, and syncs them. */
    void append(List<MinedQuery> queries) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (MinedQuery query : queries) {
            lines.append(JSON.writeValueAsString(query.fields())).append('\n');
        }
        ByteBuffer bytes = ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        channel.force(true);
        queries.forEach(query -> done.add(query.queryId()));
    }

    /** Gives the file its name. */
    void finish() throws IOException {
        channel.close();
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
