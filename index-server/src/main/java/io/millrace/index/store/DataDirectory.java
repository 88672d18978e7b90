package io.millrace.index.store;

import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.record.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A server's data directory: locked while open, with a folder for each shard. A folder under construction or being
 * removed has another name, so that a crash leaves no half shard.
 */
public final class DataDirectory implements AutoCloseable {
    private static final String SHARDS = "shards";
    private static final String LOCK = "millrace.lock";
    private static final String CREATING = ".creating";
    private static final String DROPPED = ".dropped";

    private final Path shards;
    private final FileChannel lockFile;

    private DataDirectory(Path shards, FileChannel lockFile) {
        this.shards = shards;
        this.lockFile = lockFile;
    }

    /**
     * Locks a directory, making it if needed, and removes half-made and half-dropped shards.
     *
     * @throws StoreException if another process, or another server in this one, holds it
     */
    public static DataDirectory open(Path directory) {
        try {
            Files.createDirectories(directory.resolve(SHARDS));
            DataDirectory opened = lock(directory);
            for (Path left : opened.unfinishedFolders()) {
                removeTree(left);
            }
            return opened;
        } catch (IOException e) {
            throw new UncheckedIOException("data directory " + directory.toAbsolutePath() + " cannot be opened", e);
        }
    }

    /**
     * Locks a directory that exists, and changes nothing in it but the lock file.
     *
     * @throws StoreException if another process, or a server in this one, holds it
     * @throws IllegalArgumentException if it is no data directory
     */
    public static DataDirectory inspect(Path directory) {
        if (!Files.isDirectory(directory.resolve(SHARDS))) {
            throw new IllegalArgumentException(directory.toAbsolutePath() + " has no folder '" + SHARDS
                    + "': it is no index server's data directory; name the one given as --data-dir");
        }
        try {
            return lock(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("data directory " + directory.toAbsolutePath() + " cannot be locked", e);
        }
    }

    private static DataDirectory lock(Path directory) throws IOException {
        FileChannel lockFile =
                FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (tryLock(lockFile) == null) {
            lockFile.close();
            throw new StoreException(
                    StoreException.Kind.LOCKED,
                    "data directory " + directory.toAbsolutePath()
                            + " is in use by another index server; stop it, or choose another directory");
        }
        return new DataDirectory(directory.resolve(SHARDS), lockFile);
    }

    /** Folders of all shards, by name. */
    public List<Path> shardFolders() {
        try (Stream<Path> all = Files.list(shards)) {
            return all.filter(path -> Files.isDirectory(path) && !isUnfinished(path))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("data directory " + shards + " cannot be listed", e);
        }
    }

    /** Folders of half-made and half-dropped shards, by name; {@link #open} removes them. */
    public List<Path> unfinishedFolders() {
        try (Stream<Path> all = Files.list(shards)) {
            return all.filter(DataDirectory::isUnfinished).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException("data directory " + shards + " cannot be listed", e);
        }
    }

    /** Makes an empty shard; it is there, whole, when this returns, or not at all. */
    public Path create(ShardDescriptor descriptor) {
        Path folder = shards.resolve(descriptor.identity().folder());
        Path draft = shards.resolve(descriptor.identity().folder() + CREATING);
        try {
            removeTree(draft);
            ShardStore.create(draft, descriptor);
            Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
            sync(shards);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException("shard " + descriptor.identity() + " cannot be created in " + folder, e);
        }
    }

    /** Removes a shard's folder; its store must be closed. */
    public void drop(ShardIdentity identity) {
        Path doomed = shards.resolve(identity.folder() + DROPPED);
        try {
            Files.move(shards.resolve(identity.folder()), doomed, StandardCopyOption.ATOMIC_MOVE);
            sync(shards);
            removeTree(doomed);
        } catch (IOException e) {
            throw new UncheckedIOException("shard " + identity + " cannot be removed", e);
        }
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the lock on " + shards + " cannot be released", e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    private static boolean isUnfinished(Path folder) {
        return folder.toString().endsWith(CREATING) || folder.toString().endsWith(DROPPED);
    }

    /** Makes the names in a directory durable. */
    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void removeTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(root)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
