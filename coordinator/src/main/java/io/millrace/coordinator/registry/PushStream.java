package io.millrace.coordinator.registry;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.millrace.service.Refusals;
import io.millrace.service.blob.BlobDraft;
import io.millrace.service.blob.BlobException;
import io.millrace.service.blob.BlobStore;
import io.millrace.service.blob.Sha256;
import io.millrace.v1.BlobId;
import io.millrace.v1.PushBlobHeader;
import io.millrace.v1.PushBlobRequest;
import io.millrace.v1.PushBlobResponse;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One file on its way in. Each chunk is written before the next is asked for, so a push holds one chunk in memory. A broken
 * connection leaves the draft for the next push; every other end but success removes it. Safe for any thread.
 */
final class PushStream implements StreamObserver<PushBlobRequest> {
    private static final int MAX_CHUNK_BYTES = 1 << 20;

    private final StreamObserver<PushBlobResponse> response;
    private final BlobStore store;
    private final Runnable onEnd;

    // Guarded by this.
    private @Nullable BlobId blob;
    private @Nullable BlobDraft draft;
    private boolean resumed;
    private long lastNanos = System.nanoTime();
    private boolean ended;

    /**
     * Nothing has come yet.
     *
     * @param onEnd told once, when the push has ended
     */
    PushStream(StreamObserver<PushBlobResponse> response, BlobStore store, Runnable onEnd) {
        this.response = response;
        this.store = store;
        this.onEnd = onEnd;
    }

    @Override
    public synchronized void onNext(PushBlobRequest message) {
        if (ended) {
            return; // what was on its way when it ended
        }
        lastNanos = System.nanoTime();
        try {
            switch (message.getKindCase()) {
                case HEADER -> begin(message.getHeader());
                case CHUNK -> write(message.getChunk());
                case KIND_NOT_SET ->
                    throw Refusals.invalidArgument("kind", "is not set; send a header first, then chunks");
            }
        } catch (StatusRuntimeException e) {
            refuse(e);
        } catch (IOException e) {
            refuse(Answers.of(e));
        }
    }

    private void begin(PushBlobHeader header) throws IOException {
        if (blob != null) {
            throw Refusals.invalidArgument("header", "came twice; push each file by a call of its own");
        }
        Sha256 id = ModelCatalog.hash("header.blob.sha256", header.getBlob().getSha256());
        blob = header.getBlob();
        if (store.size(id).isPresent()) {
            if (store.size(id).getAsLong() != blob.getSizeBytes()) {
                throw Refusals.failedPrecondition("the file with SHA-256 " + id + " is there with "
                        + store.size(id).getAsLong() + " bytes, but was announced with " + blob.getSizeBytes());
            }
            store.touch(id);
            succeed(blob);
            return;
        }
        draft = store.draft(id, blob.getSizeBytes(), header.getOffset());
        resumed = header.getOffset() > 0;
    }

    private void write(ByteString chunk) throws IOException {
        if (draft == null) {
            throw Refusals.invalidArgument("chunk", "came before the header; send the header first");
        }
        if (chunk.isEmpty() || chunk.size() > MAX_CHUNK_BYTES) {
            throw Refusals.invalidArgument("chunk", "has " + chunk.size() + " bytes; send 1 to " + MAX_CHUNK_BYTES);
        }
        draft.write(chunk.asReadOnlyByteBuffer());
    }

    @Override
    public synchronized void onCompleted() {
        if (ended) {
            return;
        }
        if (blob == null || draft == null) {
            refuse(Refusals.invalidArgument("header", "is missing; send it first"));
            return;
        }
        try {
            draft.commit();
            succeed(blob);
        } catch (BlobException e) {
            // What lay there may have been at fault, say after a power cut: then a push from the start is right.
            boolean again = resumed && e.reason() == BlobException.Reason.MISMATCH;
            refuse(again ? Status.ABORTED.withDescription(e.getMessage()).asRuntimeException() : Answers.of(e));
        } catch (IOException e) {
            refuse(Answers.of(e));
        }
    }

    /** The connection broke, or the caller gave up: what came stays. */
    @Override
    public synchronized void onError(Throwable t) {
        if (!ended) {
            end(false);
        }
    }

    /** Ends the push if nothing came for too long. */
    synchronized void endIfIdle(Duration idle) {
        if (!ended && System.nanoTime() - lastNanos > idle.toNanos()) {
            end(false);
            response.onError(Status.DEADLINE_EXCEEDED
                    .withDescription("nothing came for " + idle.toSeconds() + " s; resume the push")
                    .asRuntimeException());
        }
    }

    private void succeed(BlobId stored) {
        end(false);
        response.onNext(PushBlobResponse.newBuilder().setBlob(stored).build());
        response.onCompleted();
    }

    private void refuse(StatusRuntimeException refusal) {
        end(true);
        response.onError(refusal);
    }

    private void end(boolean discard) {
        ended = true;
        try {
            if (draft != null && discard) {
                draft.discard();
            } else if (draft != null) {
                draft.close();
            }
        } catch (IOException e) {
            Answers.of(e); // says so in the log; the caller has a better reason
        } finally {
            onEnd.run();
        }
    }
}
