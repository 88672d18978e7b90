package io.millrace.deploy.quickstart;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one quickstart: emptied at the start, so that every run shows the same, and held by a lock file, so that
 * a second run cannot empty it under the first. A folder with anything else in it is left alone.
 */
final class RunFolder implements AutoCloseable {
    private static final String LOCK = "quickstart.lock";

    private final Path path;
    private final FileChannel lock;

    private RunFolder(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /**
     * Takes and empties a folder.
     *
     * @throws IOException if another quickstart has it, or it holds something that no quickstart wrote
     */
    static RunFolder take(Path path) throws IOException {
        Files.createDirectories(path);
        Path lockFile = path.resolve(LOCK);
        if (!Files.exists(lockFile) && !contents(path, 1).isEmpty()) {
            throw new IOException(path + " is not empty and was not made by quickstart; choose another --data-dir");
        }
        FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (lock(channel) == null) {
                throw new IOException("another quickstart runs in " + path
                        + "; ask it with `millrace search`, stop it, or choose another --data-dir and --port");
            }
            for (Path file : contents(path, Integer.MAX_VALUE)) {
                if (!file.equals(lockFile)) {
                    Files.delete(file);
                }
            }
            return new RunFolder(path, channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    /** Everything below a folder, deepest first. */
    private static List<Path> contents(Path folder, int depth) throws IOException {
        try (Stream<Path> walk = Files.walk(folder, depth)) {
            return walk.filter(file -> !file.equals(folder))
                    .sorted(Comparator.reverseOrder())
                    .toList();
        }
    }

    /** Where the data go. */
    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
