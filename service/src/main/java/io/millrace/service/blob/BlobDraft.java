package io.millrace.service.blob;

import io.millrace.service.blob.BlobException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/**
 * A blob on its way in. {@link #commit} makes it one; closed before that, what has arrived stays and can be resumed; after any
 * failure nothing stays. One thread.
 */
public final class BlobDraft implements AutoCloseable {
    private static final int READ_BYTES = 1 << 20;

    /** What it is to become. */
    record Goal(Sha256 id, long sizeBytes) {}

    private final BlobStore store;
    private final Path file;
    private final Goal goal;
    private final FileChannel channel;
    private final MessageDigest digest = Sha256.newDigest();
    private long received;
    private boolean closed;

    private BlobDraft(BlobStore store, Path file, Goal goal, FileChannel channel) {
        this.store = store;
        this.file = file;
        this.goal = goal;
        this.channel = channel;
    }

    static BlobDraft open(BlobStore store, Path file, Goal goal, long offset) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            BlobDraft draft = new BlobDraft(store, file, goal, channel);
            draft.resume(offset);
            return draft;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private void resume(long offset) throws IOException {
        channel.truncate(offset);
        ByteBuffer chunk = ByteBuffer.allocate(READ_BYTES);
        channel.position(0);
        while (received < offset && channel.read(chunk) >= 0) {
            received += chunk.flip().remaining();
            digest.update(chunk);
            chunk.clear();
        }
    }

    /** Bytes that have arrived. */
    public long received() {
        return received;
    }

    /**
     * Takes the next bytes.
     *
     * @throws BlobException if they are more than was announced, or cannot be written; the draft is then gone
     */
    public void write(ByteBuffer bytes) throws IOException {
        long after = received + bytes.remaining();
        if (after > goal.sizeBytes()) {
            discard();
            throw new BlobException(
                    Reason.MISMATCH,
                    after + " bytes came for " + goal.id() + ", which was announced as " + goal.sizeBytes()
                            + " bytes; begin again");
        }
        try {
            digest.update(bytes.duplicate());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            received = after;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Verifies, syncs and names the blob; it is durable when this returns.
     *
     * @throws BlobException if bytes are missing, the hash is another, or the disk failed; the draft is then gone
     */
    public void commit() throws IOException {
        if (received != goal.sizeBytes()) {
            discard();
            throw new BlobException(
                    Reason.MISMATCH,
                    "only " + received + " of " + goal.sizeBytes() + " bytes came for " + goal.id() + "; begin again");
        }
        Sha256 actual = Sha256.of(digest);
        if (!actual.equals(goal.id())) {
            discard();
            throw new BlobException(
                    Reason.MISMATCH,
                    "the bytes have SHA-256 " + actual + ", but were announced as " + goal.id()
                            + "; check the file, and begin again");
        }
        try {
            channel.force(true);
            channel.close();
            store.promote(file, goal.id(), goal.sizeBytes());
        } catch (IOException e) {
            // After a failed sync nobody knows what reached the disk: nothing of this file is used again.
            throw failed(e);
        }
        close();
    }

    private BlobException failed(IOException cause) throws IOException {
        // Asked before what was written is given back.
        boolean full = Files.getFileStore(file.getParent()).getUsableSpace()
                < Math.max(store.limits().minFreeBytes(), READ_BYTES);
        discard();
        return full
                ? new BlobException(Reason.NO_ROOM, "the disk of " + file.getParent() + " is full; make room", cause)
                : new BlobException(
                        Reason.FAILED, "cannot store " + goal.id() + " in " + file.getParent() + ": " + cause, cause);
    }

    /** Forgets what has arrived. Idempotent. */
    public void discard() throws IOException {
        if (!closed) {
            channel.close();
            Files.deleteIfExists(file);
            close();
        }
    }

    /** Stops writing; what has arrived stays for {@link BlobStore#draft} to resume. Idempotent. */
    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            try {
                channel.close();
            } finally {
                store.closed(goal.id());
            }
        }
    }
}
