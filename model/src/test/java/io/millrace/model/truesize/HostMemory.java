package io.millrace.model.truesize;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Memory of this process as Linux counts it, watched by a thread of its own. */
public final class HostMemory implements AutoCloseable {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final long KIB = 1024;
    private static final long INTERVAL_MILLIS = 5;

    private final Thread watcher;
    private volatile long peakAnonymousBytes;
    private volatile boolean closed;

    private HostMemory() {
        this.watcher = Thread.ofPlatform().daemon().name("host-memory").unstarted(this::watch);
    }

    static HostMemory watched() {
        HostMemory memory = new HostMemory();
        memory.watcher.start();
        return memory;
    }

    private void watch() {
        while (!closed) {
            peakAnonymousBytes = Math.max(peakAnonymousBytes, field("RssAnon:"));
            try {
                Thread.sleep(INTERVAL_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Most memory so far that is neither a file's nor shared, seen every few milliseconds. */
    long peakAnonymousBytes() {
        return peakAnonymousBytes;
    }

    /** Most memory so far in all. */
    static long peakResidentBytes() {
        return field("VmHWM:");
    }

    /** Memory now that is neither a file's nor shared. */
    public static long anonymousBytes() {
        return field("RssAnon:");
    }

    private static long field(String name) {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(name)) {
                    return Long.parseLong(line.substring(name.length())
                                    .replace("kB", "")
                                    .trim())
                            * KIB;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("memory is read from " + STATUS + ", which only Linux has", e);
        }
        throw new IllegalStateException(STATUS + " has no line " + name);
    }

    @Override
    public void close() {
        closed = true;
    }
}
