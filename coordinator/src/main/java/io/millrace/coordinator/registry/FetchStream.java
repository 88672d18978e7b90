package io.millrace.coordinator.registry;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.millrace.service.blob.BlobStore;
import io.millrace.service.blob.Sha256;
import io.millrace.v1.FetchBlobResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * One file on its way out, no faster than it is read. The whole file goes through its hash, also what lies before the offset, so
 * that a damaged file never ends well. Safe for any thread.
 */
final class FetchStream {
    private static final int CHUNK_BYTES = 256 << 10;

    private final ServerCallStreamObserver<FetchBlobResponse> response;
    private final BlobStore store;
    private final Sha256 id;
    private final Consumer<FetchStream> onEnd;
    private final InputStream in;
    private final MessageDigest digest = Sha256.newDigest();
    // Guarded by this.
    private long lastNanos = System.nanoTime();
    private boolean ended;

    /** A file to read and where to begin. */
    record Source(BlobStore store, Sha256 id, long offset) {}

    private FetchStream(
            ServerCallStreamObserver<FetchBlobResponse> response,
            Source source,
            InputStream in,
            Consumer<FetchStream> onEnd) {
        this.response = response;
        this.store = source.store();
        this.id = source.id();
        this.in = in;
        this.onEnd = onEnd;
    }

    /**
     * Opens the file and takes what lies before the offset through the hash.
     *
     * @param onEnd told once, when the call has ended
     */
    static FetchStream open(
            ServerCallStreamObserver<FetchBlobResponse> response, Source source, Consumer<FetchStream> onEnd)
            throws IOException {
        InputStream in = Files.newInputStream(source.store().path(source.id()));
        FetchStream stream = new FetchStream(response, source, in, onEnd);
        byte[] chunk = new byte[CHUNK_BYTES];
        for (long left = source.offset(); left > 0; ) {
            int read = in.read(chunk, 0, (int) Math.min(left, chunk.length));
            if (read < 0) {
                break; // shorter than the store believes: the hash will tell
            }
            stream.digest.update(chunk, 0, read);
            left -= read;
        }
        return stream;
    }

    /** Sends as much as the caller takes. */
    synchronized void advance() {
        try {
            while (!ended && response.isReady()) {
                lastNanos = System.nanoTime();
                byte[] chunk = new byte[CHUNK_BYTES];
                int read = in.readNBytes(chunk, 0, chunk.length);
                if (read == 0) {
                    finish();
                    return;
                }
                digest.update(chunk, 0, read);
                byte[] whole = read == chunk.length ? chunk : Arrays.copyOf(chunk, read);
                response.onNext(FetchBlobResponse.newBuilder()
                        .setChunk(UnsafeByteOperations.unsafeWrap(whole)) // nobody else holds the array
                        .build());
            }
        } catch (IOException e) {
            cancelled();
            response.onError(Answers.of(e));
        }
    }

    private void finish() throws IOException {
        boolean whole = Sha256.of(digest).equals(id);
        cancelled();
        if (whole) {
            response.onCompleted();
        } else {
            store.putAside(id);
            response.onError(Status.DATA_LOSS
                    .withDescription("the stored file does not match its SHA-256 " + id
                            + " and was put aside; push the model again")
                    .asRuntimeException());
        }
    }

    /** Ends the call if its caller has read nothing for too long. */
    synchronized void endIfIdle(Duration idle) {
        if (!ended && System.nanoTime() - lastNanos > idle.toNanos()) {
            cancelled();
            response.onError(Status.DEADLINE_EXCEEDED
                    .withDescription("nothing was read for " + idle.toSeconds() + " s; fetch the rest")
                    .asRuntimeException());
        }
    }

    /** Lets go of the file. Idempotent. */
    synchronized void cancelled() {
        if (!ended) {
            ended = true;
            try {
                in.close();
            } catch (IOException e) {
                Answers.of(e); // says so in the log
            } finally {
                onEnd.accept(this);
            }
        }
    }
}
