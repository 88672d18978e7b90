package io.millrace.index.store;

import io.millrace.index.record.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Keeps a directory to one server at a time, also within a process; let go of when closed, or when the process ends. */
public final class DirectoryLock implements AutoCloseable {
    /** The file that is locked. */
    public static final String FILE = "millrace.lock";

    private final Path directory;
    private final FileChannel file;

    private DirectoryLock(Path directory, FileChannel file) {
        this.directory = directory;
        this.file = file;
    }

    /**
     * Locks a directory that exists.
     *
     * @param what what the directory is, for the message
     * @throws StoreException if another process, or another server in this one, holds it
     */
    public static DirectoryLock take(String what, Path directory) throws IOException {
        FileChannel file =
                FileChannel.open(directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (tryLock(file) == null) {
            file.close();
            throw new StoreException(
                    StoreException.Kind.LOCKED,
                    what + " " + directory.toAbsolutePath()
                            + " is in use by another index server; stop it, or choose another directory");
        }
        return new DirectoryLock(directory, file);
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the lock on " + directory + " cannot be released", e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }
}
