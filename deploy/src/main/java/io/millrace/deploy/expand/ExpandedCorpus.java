package io.millrace.deploy.expand;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.evaluation.beir.BeirDocument;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Lines of an expanded corpus, written as they come. A file is gone on with where it ends: documents that it has are known,
 * and a last line that was cut off is removed. What it was made with stands beside it, so that it is never gone on with in
 * another way. For one thread.
 */
final class ExpandedCorpus implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final OutputStream out;
    private final Set<String> written;
    private final boolean owned;

    private ExpandedCorpus(OutputStream out, Set<String> written, boolean owned) {
        this.out = out;
        this.written = written;
        this.owned = owned;
    }

    /** To a stream that stays open. */
    static ExpandedCorpus to(OutputStream out) {
        return new ExpandedCorpus(out, Set.of(), false);
    }

    /**
     * To a file, from where it ends.
     *
     * @param settings that decide what is written
     * @throws IOException if the file was made with other settings, is no expanded corpus, or cannot be written
     */
    static ExpandedCorpus to(Path file, Map<String, Object> settings) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".settings.json");
        String wanted = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(settings) + "\n";
        Set<String> written = new HashSet<>();
        long end = 0;
        if (Files.exists(file)) {
            if (!Files.exists(beside) || !Files.readString(beside).equals(wanted)) {
                throw new IOException(file + " is there already, and was not made with these settings ("
                        + (Files.exists(beside) ? "see " + beside : "there is no " + beside)
                        + "); go on with the same ones, or name another file");
            }
            end = read(file, written);
        }
        Files.writeString(beside, wanted);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.truncate(end);
        }
        return new ExpandedCorpus(
                Files.newOutputStream(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND), written, true);
    }

    /** Collects ids; the number of bytes up to the end of the last whole line. */
    private static long read(Path file, Set<String> ids) throws IOException {
        long end = 0;
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            for (int next = in.read(); next >= 0; next = in.read()) {
                if (next != '\n') {
                    line.write(next);
                    continue;
                }
                try {
                    ids.add(JSON.readTree(line.toByteArray()).path("_id").asText());
                } catch (JsonProcessingException e) {
                    throw new IOException(
                            file + ": line " + (ids.size() + 1) + " is not valid JSON; name another file", e);
                }
                end += line.size() + 1L;
                line.reset();
            }
        }
        return end;
    }

    /** Documents that the file had when it was opened. */
    int found() {
        return written.size();
    }

    /** Whether the file had a document when it was opened. */
    boolean has(String id) {
        return written.contains(id);
    }

    /** Writes a document with another text. */
    void write(BeirDocument document, String text) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("_id", document.id());
        fields.put("title", document.title());
        fields.put("text", text);
        out.write((JSON.writeValueAsString(fields) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** What was written leaves the process. */
    void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        if (owned) {
            out.close();
        } else {
            out.flush();
        }
    }
}
