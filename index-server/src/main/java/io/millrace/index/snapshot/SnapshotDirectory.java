package io.millrace.index.snapshot;

import io.millrace.index.record.ShardCheckpoint;
import io.millrace.index.record.StoreException;
import io.millrace.index.shard.ShardWriter;
import io.millrace.index.store.DirectoryLock;
import io.millrace.index.store.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The snapshots of a server, a folder for each: locked while open, on the file system of the data directory, so that
 * files are linked instead of copied. A folder under construction has a name that no snapshot can have, so that a crash
 * leaves no half snapshot. Safe for any thread.
 */
public final class SnapshotDirectory implements AutoCloseable {
    // Never starts with a dot, as drafts do.
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}");
    private static final String CREATING = ".creating";

    private final Path directory;
    private final DirectoryLock lock;
    private final Set<String> underConstruction = ConcurrentHashMap.newKeySet();

    private SnapshotDirectory(Path directory, DirectoryLock lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /**
     * Locks a directory, making it if needed, and removes half-made snapshots.
     *
     * @param dataDir the server's data directory
     * @throws StoreException if another server holds it
     * @throws IllegalArgumentException if it is among the shards, or on another file system than they are
     */
    public static SnapshotDirectory open(Path directory, Path dataDir) {
        try {
            Path snapshots = Files.createDirectories(directory).toRealPath();
            Path data = dataDir.toRealPath();
            if (snapshots.equals(data) || snapshots.startsWith(data.resolve("shards"))) {
                throw new IllegalArgumentException("--snapshots is " + directory + ", where the shards of --data-dir "
                        + dataDir + " are; choose a directory of its own, such as " + dataDir.resolve("snapshots"));
            }
            if (!Files.getFileStore(snapshots).equals(Files.getFileStore(data))) {
                throw new IllegalArgumentException("--snapshots is " + directory
                        + ", on another file system than --data-dir " + dataDir + ": files cannot be linked there, and"
                        + " writes would wait for copies; choose one beside it and copy finished snapshots from there");
            }
            SnapshotDirectory opened =
                    new SnapshotDirectory(snapshots, DirectoryLock.take("snapshot directory", snapshots));
            opened.removeDrafts();
            return opened;
        } catch (IOException e) {
            throw new UncheckedIOException("snapshot directory " + directory.toAbsolutePath() + " cannot be opened", e);
        }
    }

    /**
     * Makes a snapshot of all that a shard acknowledged before this call; it is there, whole and synced, when this
     * returns, or not at all.
     *
     * @param name 1 to 128 letters, digits, '.', '_' and '-', without a leading dot
     * @param deadlineNanos {@link System#nanoTime} after which it is given up
     * @throws IllegalArgumentException if the name is not one
     * @throws StoreException if there is one of that name, the shard stopped writing, or the disk is full
     * @throws UncheckedIOException if it cannot be written
     * @throws IllegalStateException if the shard is closing
     * @throws TimeoutException if the time is over
     */
    public Snapshot create(String name, ShardWriter shard, long deadlineNanos) throws TimeoutException {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' is not a name of a snapshot: 1 to 128 letters, digits,"
                    + " '.', '_' and '-', without a leading dot");
        }
        if (!underConstruction.add(name)) {
            throw exists(name);
        }
        try {
            return build(name, shard, deadlineNanos);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "snapshot '" + name + "' cannot be written to " + directory + ": " + e.getMessage()
                            + "; look at the disk, then take it again",
                    e);
        } finally {
            underConstruction.remove(name);
        }
    }

    @Override
    public void close() {
        lock.close();
    }

    private Snapshot build(String name, ShardWriter shard, long deadlineNanos) throws IOException, TimeoutException {
        Path finished = directory.resolve(name);
        if (Files.exists(finished, LinkOption.NOFOLLOW_LINKS)) {
            throw exists(name);
        }
        Path draft = directory.resolve("." + name + CREATING);
        // RocksDB has a draft of its own, beside what it makes.
        Path database = draft.resolve("database");
        SnapshotManifest manifest;
        try {
            Folders.removeTree(draft);
            Files.createDirectory(draft);
            ShardCheckpoint checkpoint = await(shard.checkpoint(database, deadlineNanos));
            manifest = new SnapshotManifest(
                    checkpoint, Instant.now().truncatedTo(ChronoUnit.MILLIS), files(database, deadlineNanos));
            write(manifest, database.resolve(SnapshotManifest.FILE));
            Folders.sync(database);
            Files.move(database, finished, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Folders.removeTree(draft);
        }
        Folders.sync(directory);
        return new Snapshot(finished, manifest);
    }

    private void removeDrafts() throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path left : entries.toList()) {
                String name = left.getFileName().toString();
                if (name.startsWith(".") && name.endsWith(CREATING)) {
                    Folders.removeTree(left);
                }
            }
        }
    }

    private StoreException exists(String name) {
        return new StoreException(
                StoreException.Kind.EXISTS,
                "snapshot '" + name + "' exists in " + directory + ", or is being made; choose another name");
    }

    private static ShardCheckpoint await(CompletableFuture<ShardCheckpoint> pending) throws TimeoutException {
        try {
            // Not given up half-way: the owner may be writing to the draft, which is removed after a failure.
            return pending.join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case TimeoutException late -> throw late;
                case RuntimeException failed -> throw failed;
                case null, default -> throw new IllegalStateException("a checkpoint failed unexpectedly", e);
            }
        }
    }

    private static List<SnapshotFile> files(Path database, long deadlineNanos) throws IOException, TimeoutException {
        List<SnapshotFile> files = new ArrayList<>();
        List<Path> paths;
        try (Stream<Path> entries = Files.list(database)) {
            paths = entries.sorted().toList();
        }
        for (Path path : paths) {
            if (deadlineNanos - System.nanoTime() < 0) {
                throw new TimeoutException("the snapshot was removed");
            }
            files.add(new SnapshotFile(path.getFileName().toString(), Files.size(path), FileDigest.synced(path)));
        }
        return files;
    }

    private static void write(SnapshotManifest manifest, Path file) throws IOException {
        Files.writeString(file, ManifestJson.write(manifest), StandardOpenOption.CREATE_NEW);
        try (FileChannel written = FileChannel.open(file, StandardOpenOption.WRITE)) {
            written.force(true);
        }
    }
}
