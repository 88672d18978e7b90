package io.millrace.index.snapshot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * SHA-256 of files, lower-case hexadecimal: what {@code sha256sum} prints, so that a copy elsewhere can be checked without
 * millrace. It is computed beside the shard's work, and disks are what bounds it.
 */
final class FileDigest {
    private static final int BUFFER_BYTES = 1 << 20;

    private FileDigest() {}

    static String of(byte[] bytes) {
        return HexFormat.of().formatHex(sha256().digest(bytes));
    }

    /** Digest of a file, which is synced: a copied log may not be on disk yet. */
    static String synced(Path file) throws IOException {
        try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            from.force(true);
            return read(from, null);
        }
    }

    /** Digest of a file; one that is a link is not followed. */
    static String of(Path file) throws IOException {
        try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            return read(from, null);
        }
    }

    /** Copies a file to one that does not exist, syncs it, and returns the digest of what was copied. */
    static String copy(Path file, Path target) throws IOException {
        try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                FileChannel to = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            String digest = read(from, to);
            to.force(true);
            return digest;
        }
    }

    private static String read(FileChannel from, @Nullable FileChannel to) throws IOException {
        MessageDigest digest = sha256();
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        while (from.read(buffer.clear()) >= 0) {
            buffer.flip();
            digest.update(buffer.duplicate());
            while (to != null && buffer.hasRemaining()) {
                to.write(buffer);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
