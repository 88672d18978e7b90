package io.millrace.deploy.command;

import io.millrace.client.IngestListener;
import io.millrace.client.IngestOptions;
import io.millrace.client.IngestOutcome;
import io.millrace.client.IngestResult;
import io.millrace.client.IngestStream;
import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.Progress;
import io.millrace.deploy.corpus.DocumentReader;
import io.millrace.deploy.corpus.Location;
import io.millrace.deploy.corpus.ReadDocument;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One run of {@code index}: reads, streams, reports what is refused with its place in the input, and counts. The main
 * thread reads and puts; outcomes come on a thread of the stream.
 */
final class IndexRun implements IngestListener {
    private final Console console;
    private final DocumentReader reader;
    private final Progress progress;
    private final boolean listTruncated;
    /** Places of documents without an outcome; no more than the stream's window. */
    private final Map<Long, Location> places = new ConcurrentHashMap<>();

    private final AtomicLong stored = new AtomicLong();
    private final AtomicLong superseded = new AtomicLong();
    private final AtomicLong truncated = new AtomicLong();
    private final AtomicLong truncatedTokens = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private int unreadableFiles;
    private int connections;
    private double seconds;

    /**
     * A run.
     *
     * @param listTruncated whether to name each document that is longer than the model reads
     */
    IndexRun(Console console, DocumentReader reader, boolean listTruncated) {
        this.console = console;
        this.reader = reader;
        this.progress = new Progress(console, "Indexing");
        this.listTruncated = listTruncated;
    }

    /**
     * Streams everything in and waits for the last outcome.
     *
     * @throws io.millrace.client.MillraceException if the stream failed; the counts stand
     */
    void stream(MillraceClient client, IngestOptions options) throws InterruptedException {
        long sequence = options.writer().firstSequence();
        IngestStream stream = client.ingest(options, this);
        try (stream) {
            for (ReadDocument read = next(); read != null; read = next()) {
                switch (read) {
                    case ReadDocument.Bad(Location location, String reason) -> refuse(location, reason);
                    case ReadDocument.Good(Location location, var document) -> {
                        // Before put: the outcome may come before put returns.
                        places.put(sequence, location);
                        sequence = stream.put(document) + 1;
                    }
                }
            }
        } finally {
            connections = stream.statistics().connections();
            synchronized (progress) {
                seconds = progress.finish();
            }
        }
        reader.ignoredFields()
                .forEach(field -> console.say("Note: the field \"" + field
                        + "\" is not stored; put what is to be returned with hits under \"metadata\"."));
    }

    private @Nullable ReadDocument next() {
        while (true) {
            try {
                return reader.next();
            } catch (IOException e) {
                unreadableFiles++;
                say(String.valueOf(e.getMessage()));
            }
        }
    }

    @Override
    public void onResult(IngestResult result) {
        Location place = places.remove(result.sequence());
        switch (result.outcome()) {
            case IngestOutcome.Applied applied -> {
                stored.incrementAndGet();
                noteTruncated(applied.truncatedTokens(), place, result.id());
            }
            case IngestOutcome.Superseded newer -> superseded.incrementAndGet();
            case IngestOutcome.Refused(var code, String message, String field) -> {
                String prefix = field.isEmpty() || message.startsWith(field) ? "" : field + ": ";
                refuse(place, prefix + message + " (id '" + result.id() + "')");
            }
        }
        synchronized (progress) {
            progress.update(stored.get(), reader.fractionRead());
        }
    }

    @Override
    public void onReconnect(String reason, int failures, Duration delay) {
        say("Connection lost, trying again (" + failures + "): " + reason);
    }

    private void noteTruncated(int tokens, @Nullable Location place, String id) {
        if (tokens == 0) {
            return;
        }
        truncated.incrementAndGet();
        truncatedTokens.addAndGet(tokens);
        if (listTruncated) {
            say(place + ": longer than the model reads, which left out its last " + tokens + " tokens (id '" + id
                    + "')");
        }
    }

    private void refuse(@Nullable Location place, String reason) {
        refused.incrementAndGet();
        say(place + ": " + reason);
    }

    private void say(String line) {
        synchronized (progress) {
            progress.say(line);
        }
    }

    /** {@link ExitCode#FAILED} if a file could not be read to its end, else by whether something was refused. */
    int exitCode() {
        return unreadableFiles > 0 ? ExitCode.FAILED : refused.get() > 0 ? ExitCode.SOME_REFUSED : ExitCode.OK;
    }

    /** Counts, for programs. */
    Map<String, Object> summary() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("stored", stored.get());
        fields.put("refused", refused.get());
        fields.put("superseded", superseded.get());
        fields.put("truncated", truncated.get());
        fields.put("truncatedTokens", truncatedTokens.get());
        fields.put("unreadableFiles", unreadableFiles);
        fields.put("connections", connections);
        fields.put("seconds", Math.round(seconds * 1e3) / 1e3);
        return fields;
    }

    /** Counts, for people. */
    void printSummary() {
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "Stored %,d documents in %s (%,.0f/s)",
                stored.get(),
                Progress.time(seconds),
                stored.get() / Math.max(seconds, 1e-3)));
        append(line, refused.get(), " refused");
        append(line, superseded.get(), " superseded by newer writes");
        append(
                line,
                truncated.get(),
                " longer than the model reads (it left out " + truncatedTokens.get() + " tokens of them"
                        + (listTruncated ? ")" : "; --list-truncated names them)"));
        append(line, unreadableFiles, " file(s) not read to the end");
        console.say(line.append('.').toString());
    }

    private static void append(StringBuilder line, long count, String what) {
        if (count > 0) {
            line.append(String.format(Locale.ROOT, ", %,d%s", count, what));
        }
    }
}
