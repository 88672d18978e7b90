package io.millrace.coordinator.catalog;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.service.DurableFile;
import io.millrace.service.ProcessLock;
import io.millrace.v1.ClusterMetadata;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;

/**
 * The catalog on disk: one small file, replaced atomically and synced with every change, and locked against a second
 * process.
 *
 * <p>Layout: 8 bytes magic with version, 4 bytes CRC-32C of the rest, then a {@link ClusterMetadata}. A file that does not
 * match its checksum is never used. Safe for any thread.
 */
public final class MetadataFile implements AutoCloseable {
    private static final byte[] MAGIC = "MRMETA01".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER_BYTES = MAGIC.length + Integer.BYTES;

    private final Path file;
    private final ProcessLock lock;
    private ClusterMetadata current;

    private MetadataFile(Path file, ProcessLock lock, ClusterMetadata current) {
        this.file = file;
        this.lock = lock;
        this.current = current;
    }

    /**
     * Opens or creates the catalog of a folder.
     *
     * @throws UncheckedIOException if the folder cannot be used, another process holds it, or the file is damaged
     */
    public static MetadataFile open(Path folder) {
        ProcessLock lock = null;
        try {
            Files.createDirectories(folder);
            lock = ProcessLock.tryTake(folder.resolve("LOCK"))
                    .orElseThrow(() ->
                            new IOException("another coordinator uses this folder; give each its own --data-dir"));
            Path file = folder.resolve("catalog");
            ClusterMetadata metadata =
                    Files.exists(file) ? decode(Files.readAllBytes(file)) : ClusterMetadata.getDefaultInstance();
            return new MetadataFile(file, lock, metadata);
        } catch (IOException e) {
            if (lock != null) {
                lock.close();
            }
            throw new UncheckedIOException("cannot open the catalog in " + folder + ": " + e.getMessage(), e);
        }
    }

    /** The latest durable state. */
    public synchronized ClusterMetadata current() {
        return current;
    }

    /** Replaces the state; on return the new one is durable. A change that changes nothing writes nothing. */
    public synchronized ClusterMetadata update(UnaryOperator<ClusterMetadata> change) {
        ClusterMetadata changed = change.apply(current);
        if (changed.equals(current)) {
            return current;
        }
        ClusterMetadata next =
                changed.toBuilder().setVersion(current.getVersion() + 1).build();
        try {
            DurableFile.replace(file, encode(next));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot store the catalog in " + file + ": " + e.getMessage(), e);
        }
        current = next;
        return next;
    }

    @Override
    public void close() {
        lock.close();
    }

    private static byte[] encode(ClusterMetadata metadata) {
        byte[] body = metadata.toByteArray();
        return ByteBuffer.allocate(HEADER_BYTES + body.length)
                .put(MAGIC)
                .putInt(crc32c(body))
                .put(body)
                .array();
    }

    private static ClusterMetadata decode(byte[] bytes) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        byte[] magic = new byte[MAGIC.length];
        if (bytes.length >= HEADER_BYTES) {
            in.get(magic);
        }
        if (!Arrays.equals(magic, MAGIC)) {
            throw new IOException("the catalog file (" + bytes.length
                    + " bytes) is not one, or is of another version; restore it from a backup");
        }
        int expected = in.getInt();
        byte[] body = new byte[in.remaining()];
        in.get(body);
        if (crc32c(body) != expected) {
            throw new IOException("the catalog file does not match its checksum; restore it from a backup");
        }
        try {
            return ClusterMetadata.parseFrom(body);
        } catch (InvalidProtocolBufferException e) {
            throw new IOException("the catalog file cannot be read: " + e.getMessage(), e);
        }
    }

    private static int crc32c(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
