package io.millrace.index.snapshot;

import io.millrace.index.record.StoreException;
import io.millrace.index.store.DataDirectory;
import io.millrace.index.store.Folders;
import io.millrace.index.store.ShardStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A finished snapshot in a folder. Never opened in place: RocksDB would write to it.
 *
 * @param folder where it is
 * @param manifest what it is
 */
public record Snapshot(Path folder, SnapshotManifest manifest) {
    // Over 90,000 files at about 170 bytes of JSON each.
    private static final long MAX_MANIFEST_BYTES = 16L << 20;

    /**
     * Reads the manifest of a snapshot; its files are not looked at yet.
     *
     * @throws StoreException if the manifest is missing, damaged or of another format
     */
    public static Snapshot open(Path folder) {
        Path file = folder.resolve(SnapshotManifest.FILE);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new StoreException(
                    StoreException.Kind.CORRUPT,
                    folder + " is no snapshot: it has no " + SnapshotManifest.FILE
                            + "; name the folder that the snapshot was written to");
        }
        try {
            long size = Files.size(file);
            if (size > MAX_MANIFEST_BYTES) {
                throw damaged(
                        file.toString(), "it has " + size + " bytes, more than the limit of " + MAX_MANIFEST_BYTES);
            }
            return new Snapshot(folder, ManifestJson.read(file.toString(), Files.readString(file)));
        } catch (IOException e) {
            throw damaged(file.toString(), "it cannot be read: " + e);
        }
    }

    /**
     * Reads every file and compares it with the manifest.
     *
     * @throws StoreException if a file is missing, too many, of another length or of other content; it is named
     */
    public void verify() {
        Map<String, Path> present = present();
        for (SnapshotFile file : manifest.files()) {
            Path path = present.remove(file.name());
            if (path == null) {
                throw damaged(folder.resolve(file.name()).toString(), "it is missing");
            }
            requireSame(path, file, digest(path, file));
        }
        if (!present.isEmpty()) {
            Path extra = present.values().iterator().next();
            throw damaged(extra.toString(), "the manifest does not name it");
        }
    }

    /**
     * Makes the snapshot a shard of a stopped index server's data directory: checked, copied, opened once, and only then
     * named. The snapshot stays as it is.
     *
     * @return the shard's folder
     * @throws StoreException if the snapshot is damaged, the directory is in use or has such a shard, or its disk is full
     */
    public Path restore(Path dataDir) {
        try (DataDirectory data = DataDirectory.open(dataDir)) {
            return data.install(manifest.checkpoint().descriptor().identity(), this::copyInto);
        }
    }

    /** A refusal of a file of a snapshot. */
    static StoreException damaged(String file, String why) {
        return new StoreException(
                StoreException.Kind.CORRUPT,
                "snapshot file " + file + " is damaged: " + why + "; copy the snapshot again, or use another one");
    }

    private void copyInto(Path draft) throws IOException {
        verify();
        requireRoom(draft);
        Files.createDirectory(draft);
        for (SnapshotFile file : manifest.files()) {
            Path path = folder.resolve(file.name());
            requireSame(path, file, FileDigest.copy(path, draft.resolve(file.name())));
        }
        Folders.sync(draft);
        try (ShardStore store = ShardStore.open(draft)) {
            long index = store.counters().appliedIndex();
            if (!store.descriptor().equals(manifest.checkpoint().descriptor())
                    || index != manifest.checkpoint().appliedIndex()) {
                throw damaged(
                        folder.resolve(SnapshotManifest.FILE).toString(),
                        "the database beside it is " + store.descriptor() + " at index "
                                + Long.toUnsignedString(index));
            }
        }
    }

    private void requireRoom(Path draft) throws IOException {
        long usable = Files.getFileStore(draft.toAbsolutePath().getParent()).getUsableSpace();
        if (usable < manifest.sizeBytes()) {
            throw new StoreException(
                    StoreException.Kind.NO_SPACE,
                    "the snapshot takes " + (manifest.sizeBytes() >> 20) + " MiB but the disk of " + draft.getParent()
                            + " has " + (usable >> 20) + " MiB left; free some space, or choose another directory");
        }
    }

    /** All entries of the folder but the manifest, by name. */
    private Map<String, Path> present() {
        try (Stream<Path> entries = Files.list(folder)) {
            Map<String, Path> present = entries.collect(Collectors.toMap(
                    path -> path.getFileName().toString(), Function.identity(), (a, b) -> a, TreeMap::new));
            present.remove(SnapshotManifest.FILE);
            return present;
        } catch (IOException | UncheckedIOException e) {
            throw damaged(folder.toString(), "it cannot be listed: " + e);
        }
    }

    private static String digest(Path path, SnapshotFile file) {
        try {
            if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                throw damaged(path.toString(), "it is not a plain file");
            }
            long size = Files.size(path);
            if (size != file.sizeBytes()) {
                throw damaged(path.toString(), "it has " + size + " bytes instead of " + file.sizeBytes());
            }
            return FileDigest.of(path);
        } catch (IOException e) {
            throw damaged(path.toString(), "it cannot be read: " + e);
        }
    }

    private static void requireSame(Path path, SnapshotFile file, String digest) {
        if (!digest.equals(file.sha256())) {
            throw damaged(path.toString(), "its SHA-256 is " + digest + " instead of " + file.sha256());
        }
    }
}
