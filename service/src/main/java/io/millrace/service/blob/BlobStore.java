package io.millrace.service.blob;

import io.millrace.service.blob.BlobException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of files by their SHA-256. What is in {@code blobs} was verified and synced before it got its name there; what is
 * under way is in {@code drafts}, and what was found damaged in {@code damaged}.
 *
 * <p>A blob's modification time is when it was last stored or {@link #touch}ed: whoever collects garbage leaves what is young.
 * It outlives restarts, as drafts do. Safe for any thread of one process; no two processes may share a folder.
 */
public final class BlobStore {
    private static final Logger LOG = LoggerFactory.getLogger(BlobStore.class);

    private final Path blobs;
    private final Path drafts;
    private final Path damaged;
    private final BlobLimits limits;

    // Guarded by this.
    private final Map<Sha256, Long> sizes = new HashMap<>();
    /** Bytes announced of drafts that are written now. */
    private final Map<Sha256, Long> open = new HashMap<>();

    private BlobStore(Path folder, BlobLimits limits) {
        this.blobs = folder.resolve("blobs");
        this.drafts = folder.resolve("drafts");
        this.damaged = folder.resolve("damaged");
        this.limits = limits;
    }

    /**
     * Opens or makes a store.
     *
     * @throws IOException if the folder cannot be used
     */
    public static BlobStore open(Path folder, BlobLimits limits) throws IOException {
        BlobStore store = new BlobStore(folder, limits);
        Files.createDirectories(store.blobs);
        Files.createDirectories(store.drafts);
        sync(folder);
        try (Stream<Path> files = Files.list(store.blobs)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (Sha256.isHex(name)) {
                    store.sizes.put(new Sha256(name), Files.size(file));
                } else {
                    LOG.warn("{} is not a blob; it is left alone", file);
                }
            }
        }
        return store;
    }

    /** Size of a blob that is there. */
    public synchronized OptionalLong size(Sha256 id) {
        Long size = sizes.get(id);
        return size == null ? OptionalLong.empty() : OptionalLong.of(size);
    }

    /** All blobs. */
    public synchronized List<Sha256> all() {
        return List.copyOf(sizes.keySet());
    }

    /** Bytes of all blobs. */
    public synchronized long totalBytes() {
        return sizes.values().stream().mapToLong(Long::longValue).sum();
    }

    /** What bounds this store. */
    public BlobLimits limits() {
        return limits;
    }

    /** Where a blob's bytes are; to be read only. */
    public Path path(Sha256 id) {
        return blobs.resolve(id.hex());
    }

    /** Bytes of a blob under way that have arrived; 0 if there are none. */
    public long draftBytes(Sha256 id) throws IOException {
        try {
            return Files.size(drafts.resolve(id.hex()));
        } catch (NoSuchFileException none) {
            return 0;
        }
    }

    /** Begins the grace of a blob anew; does nothing if there is none. */
    public synchronized void touch(Sha256 id) throws IOException {
        if (sizes.containsKey(id)) {
            Files.setLastModifiedTime(path(id), FileTime.from(Instant.now()));
        }
    }

    /** When a blob was last stored or touched; the epoch if it is not there. */
    public Instant touched(Sha256 id) throws IOException {
        try {
            return Files.getLastModifiedTime(path(id)).toInstant();
        } catch (NoSuchFileException none) {
            return Instant.EPOCH;
        }
    }

    /**
     * Opens the draft of a blob for writing from an offset on; room for the whole is reserved until it is closed.
     *
     * @param offset at most {@link #draftBytes}; what is beyond is cut off
     * @throws BlobException if there is no room, somebody else writes it, or the offset is beyond what is there
     */
    public BlobDraft draft(Sha256 id, long sizeBytes, long offset) throws IOException {
        reserve(id, sizeBytes);
        try {
            if (offset < 0 || offset > draftBytes(id)) {
                throw new BlobException(
                        Reason.MISMATCH,
                        "the offset is " + offset + ", but " + draftBytes(id)
                                + " bytes have arrived; resume from there");
            }
            return BlobDraft.open(this, drafts.resolve(id.hex()), new BlobDraft.Goal(id, sizeBytes), offset);
        } catch (IOException | RuntimeException e) {
            closed(id);
            throw e;
        }
    }

    private synchronized void reserve(Sha256 id, long sizeBytes) throws IOException {
        if (sizeBytes < 0 || sizeBytes > limits.blobBytes()) {
            throw new BlobException(
                    Reason.NO_ROOM,
                    "a file of " + Long.toUnsignedString(sizeBytes) + " bytes is larger than the limit of "
                            + limits.blobBytes() + " bytes; raise the limit, or split the file");
        }
        if (open.containsKey(id)) {
            throw new BlobException(Reason.BUSY, id + " is being written by somebody else; try again in a moment");
        }
        long announced = open.values().stream().mapToLong(Long::longValue).sum();
        long used = totalBytes() + announced + draftsBytes(id);
        if (sizeBytes > limits.totalBytes() - used) {
            throw new BlobException(
                    Reason.NO_ROOM,
                    "there is no room for " + sizeBytes + " bytes: " + used + " of " + limits.totalBytes()
                            + " bytes are taken; delete models that nobody needs, or raise the limit");
        }
        long missing = sizeBytes - Math.min(sizeBytes, draftBytes(id));
        long free = Files.getFileStore(drafts).getUsableSpace();
        if (missing > free - limits.minFreeBytes()) {
            throw new BlobException(
                    Reason.NO_ROOM,
                    "there is no room for " + missing + " bytes on the disk of " + blobs + ": " + free
                            + " are free, of which " + limits.minFreeBytes() + " are kept; make room");
        }
        open.put(id, sizeBytes);
    }

    /** Bytes of drafts that nobody writes now, but for one. */
    private long draftsBytes(Sha256 but) throws IOException {
        long bytes = 0;
        for (Path file : list(drafts)) {
            String name = String.valueOf(file.getFileName());
            if (!name.equals(but.hex()) && !(Sha256.isHex(name) && open.containsKey(new Sha256(name)))) {
                bytes += Files.size(file);
            }
        }
        return bytes;
    }

    /** Gives a verified and synced draft its name. */
    synchronized void promote(Path draft, Sha256 id, long sizeBytes) throws IOException {
        Files.move(draft, path(id), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try {
            sync(blobs);
        } catch (IOException e) {
            delete(id); // whether the name is on the disk is not known
            throw e;
        }
        sizes.put(id, sizeBytes);
        touch(id);
    }

    synchronized void closed(Sha256 id) {
        open.remove(id);
    }

    /** Removes a blob. Who reads it now reads on. */
    public synchronized void delete(Sha256 id) throws IOException {
        sizes.remove(id);
        Files.deleteIfExists(path(id));
    }

    /**
     * Reads a blob through and compares its hash; one that does not match is put aside, so that it can be stored anew.
     *
     * @throws BlobException if it is missing or does not match
     */
    public void verify(Sha256 id) throws IOException {
        if (size(id).isEmpty()) {
            throw new BlobException(Reason.MISSING, "there is no file with SHA-256 " + id);
        }
        if (!Sha256.ofFile(path(id)).equals(id)) {
            putAside(id);
            throw new BlobException(
                    Reason.MISMATCH,
                    "the stored file does not match its SHA-256 " + id + "; it was put aside: push it again");
        }
    }

    /** Takes a blob that was found damaged out of use. */
    public synchronized void putAside(Sha256 id) throws IOException {
        LOG.error("a stored file does not match its hash and is put aside: sha256={}", id);
        sizes.remove(id);
        Files.createDirectories(damaged);
        Files.move(path(id), damaged.resolve(id.hex()), StandardCopyOption.REPLACE_EXISTING);
    }

    /** Removes drafts that nobody writes and that did not grow since a time; returns how many. */
    public synchronized int expireDrafts(Instant before) throws IOException {
        int removed = 0;
        for (Path file : list(drafts)) {
            String name = String.valueOf(file.getFileName());
            boolean written = Sha256.isHex(name) && open.containsKey(new Sha256(name));
            if (!written && Files.getLastModifiedTime(file).toInstant().isBefore(before)) {
                Files.deleteIfExists(file);
                removed++;
            }
        }
        return removed;
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder)) {
            channel.force(true);
        }
    }
}
