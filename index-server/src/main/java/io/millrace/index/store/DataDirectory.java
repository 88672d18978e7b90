package io.millrace.index.store;

import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.record.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * A server's data directory: locked while open, with a folder for each shard. A folder under construction or being
 * removed has another name, so that a crash leaves no half shard.
 */
public final class DataDirectory implements AutoCloseable {
    private static final String SHARDS = "shards";
    private static final String CREATING = ".creating";
    private static final String DROPPED = ".dropped";

    private final Path shards;
    private final DirectoryLock lock;

    /** Makes the files of a shard in a folder that does not exist yet. */
    public interface Filling {
        /** Makes the folder and all that belongs in it, synced. */
        void into(Path draft) throws IOException;
    }

    private DataDirectory(Path shards, DirectoryLock lock) {
        this.shards = shards;
        this.lock = lock;
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
                Folders.removeTree(left);
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
        return new DataDirectory(directory.resolve(SHARDS), DirectoryLock.take("data directory", directory));
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
        return install(descriptor.identity(), draft -> ShardStore.create(draft, descriptor));
    }

    /**
     * Makes a shard of what fills its folder; it is there, whole, when this returns, or not at all.
     *
     * @throws StoreException if there is a shard of that name
     */
    public Path install(ShardIdentity identity, Filling filling) {
        Path folder = shards.resolve(identity.folder());
        Path draft = shards.resolve(identity.folder() + CREATING);
        if (Files.exists(folder)) {
            throw new StoreException(
                    StoreException.Kind.EXISTS,
                    "shard " + identity + " (collection/generation/shard) exists in " + folder
                            + "; drop it first, or choose another data directory");
        }
        try {
            try {
                Folders.removeTree(draft);
                filling.into(draft);
                Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Folders.removeTree(draft);
            }
            Folders.sync(shards);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "shard " + identity + " cannot be created in " + folder + ": " + e.getMessage(), e);
        }
    }

    /** Removes a shard's folder; its store must be closed. */
    public void drop(ShardIdentity identity) {
        Path doomed = shards.resolve(identity.folder() + DROPPED);
        try {
            Files.move(shards.resolve(identity.folder()), doomed, StandardCopyOption.ATOMIC_MOVE);
            Folders.sync(shards);
            Folders.removeTree(doomed);
        } catch (IOException e) {
            throw new UncheckedIOException("shard " + identity + " cannot be removed", e);
        }
    }

    @Override
    public void close() {
        lock.close();
    }

    private static boolean isUnfinished(Path folder) {
        return folder.toString().endsWith(CREATING) || folder.toString().endsWith(DROPPED);
    }
}
