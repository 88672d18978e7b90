package io.millrace.trainer.watch;

import io.millrace.v1.RunUpdate;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a run's log while it is written, each line once. A run that goes on from a saved state replaces its log by one without
 * the lines of steps that it takes again; those are the same then, and are not read twice. For one thread.
 */
public final class LogTail implements Closeable {
    /** Bytes read at once; a line has some hundred. */
    private static final int CHUNK_BYTES = 64 << 10;

    private final Path file;
    private final int recipe;
    private final long steps;
    private final long from;

    // Kept open, so that no other file gets its key.
    private @Nullable FileChannel channel;
    private @Nullable Object key;
    private long offset;
    /** Step of the last line that was handed on, and how many lines of that step were. */
    private long lastStep = -1;

    private int linesOfLast;
    /** Lines of {@link #lastStep} that were passed since the log was opened anew. */
    private int passed;

    /**
     * A log that may not be there yet.
     *
     * @param recipe whose log it is, from 1
     * @param steps of that recipe
     * @param from first step wanted
     */
    public LogTail(Path file, int recipe, long steps, long from) {
        this.file = file;
        this.recipe = recipe;
        this.steps = steps;
        this.from = from;
    }

    /**
     * Lines that came since, some of them; none if there are none yet.
     *
     * @throws IOException if the file cannot be read, or has a line that is too long
     * @throws IllegalArgumentException if a line is none of a log
     */
    public List<RunUpdate> more() throws IOException {
        List<RunUpdate> updates = new ArrayList<>();
        Optional<FileChannel> log = current();
        if (log.isEmpty()) {
            return updates;
        }
        // What is passed over is no reason to come back for.
        for (List<String> lines = lines(log.get()); !lines.isEmpty(); lines = lines(log.get())) {
            for (String line : lines) {
                RunUpdate update = RunUpdates.of(line, recipe, steps);
                if (isNew(RunUpdates.step(update))) {
                    updates.add(update);
                }
            }
            if (!updates.isEmpty()) {
                break;
            }
        }
        return updates;
    }

    private boolean isNew(long step) {
        if (step < lastStep || step < from) {
            return false;
        }
        if (step == lastStep && passed < linesOfLast) {
            passed++;
            return false;
        }
        linesOfLast = step == lastStep ? linesOfLast + 1 : 1;
        passed = linesOfLast;
        lastStep = step;
        return true;
    }

    /** The file as it is now, opened anew if it was replaced. */
    private Optional<FileChannel> current() throws IOException {
        try {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            if (channel == null || !Objects.equals(key, now.fileKey()) || now.size() < offset) {
                close();
                channel = FileChannel.open(file);
                key = now.fileKey();
                offset = 0;
                passed = 0;
            }
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        return Optional.ofNullable(channel);
    }

    /** The next whole lines. */
    private List<String> lines(FileChannel log) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        int read = log.read(chunk, offset);
        int end = Math.max(0, read);
        while (end > 0 && chunk.get(end - 1) != '\n') {
            end--;
        }
        if (end == 0 && read == CHUNK_BYTES) {
            throw new IOException(file + " has a line of more than " + CHUNK_BYTES + " bytes; it is damaged");
        }
        offset += end;
        return new String(chunk.array(), 0, end, StandardCharsets.UTF_8).lines().toList();
    }

    /** The last line about a step in a log; empty if there is none. */
    public static Optional<RunUpdate> last(Path file, int recipe, long steps) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try (FileChannel log = FileChannel.open(file)) {
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
            int read = log.read(chunk, Math.max(0, log.size() - CHUNK_BYTES));
            String text = new String(chunk.array(), 0, Math.max(0, read), StandardCharsets.UTF_8);
            return text.substring(0, text.lastIndexOf('\n') + 1)
                    .lines()
                    .filter(line -> line.startsWith("{\"kind\":\"step\"") && line.endsWith("}"))
                    .reduce((first, second) -> second)
                    .map(line -> RunUpdates.of(line, recipe, steps));
        }
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }
}
