package io.millrace.index.store;

import io.millrace.index.record.StoreException;
import io.millrace.service.ProcessLock;
import java.io.IOException;
import java.nio.file.Path;

/** Keeps a directory to one server at a time, also within a process; let go of when closed, or when the process ends. */
public final class DirectoryLock implements AutoCloseable {
    /** The file that is locked. */
    public static final String FILE = "millrace.lock";

    private final ProcessLock lock;

    private DirectoryLock(ProcessLock lock) {
        this.lock = lock;
    }

    /**
     * Locks a directory that exists.
     *
     * @param what what the directory is, for the message
     * @throws StoreException if another process, or another server in this one, holds it
     */
    public static DirectoryLock take(String what, Path directory) throws IOException {
        return new DirectoryLock(ProcessLock.tryTake(directory.resolve(FILE))
                .orElseThrow(() -> new StoreException(
                        StoreException.Kind.LOCKED,
                        what + " " + directory.toAbsolutePath()
                                + " is in use by another index server; stop it, or choose another directory")));
    }

    @Override
    public void close() {
        lock.close();
    }
}
