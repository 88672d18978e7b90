package io.millrace.trainer.publish;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.millrace.v1.ModelRegistryGrpc;
import io.millrace.v1.PushBlobHeader;
import io.millrace.v1.PushBlobRequest;
import io.millrace.v1.PushBlobResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** One attempt to push one file, from where the last one broke off. */
final class BlobPush {
    private static final int CHUNK_BYTES = 256 << 10;
    /** A push may take this long, and a second for each of so many bytes: a slow link, not a dead one. */
    private static final long BASE_SECONDS = 60;

    private static final long SLOWEST_BYTES_A_SECOND = 256 << 10;

    private final LocalFile file;
    private final long offset;

    BlobPush(LocalFile file, long offset) {
        this.file = file;
        this.offset = offset;
    }

    /**
     * Sends the rest, no faster than it is taken, and waits until the file is durable.
     *
     * @param progress told of bytes as they are sent
     * @throws StatusRuntimeException as the registry or the connection says
     */
    void run(ModelRegistryGrpc.ModelRegistryBlockingV2Stub registry, LongConsumer progress)
            throws IOException, InterruptedException {
        long seconds = BASE_SECONDS + file.blob().getSizeBytes() / SLOWEST_BYTES_A_SECOND;
        BlockingClientCall<PushBlobRequest, PushBlobResponse> call =
                registry.withDeadlineAfter(seconds, TimeUnit.SECONDS).pushBlob();
        try (InputStream in = file.content().open()) {
            in.skipNBytes(offset);
            boolean taken = call.write(PushBlobRequest.newBuilder()
                    .setHeader(PushBlobHeader.newBuilder().setBlob(file.blob()).setOffset(offset))
                    .build());
            while (taken) {
                byte[] chunk = in.readNBytes(CHUNK_BYTES);
                if (chunk.length == 0) {
                    call.halfClose();
                    break;
                }
                taken = call.write(PushBlobRequest.newBuilder()
                        .setChunk(ByteString.copyFrom(chunk))
                        .build());
                progress.accept(chunk.length);
            }
            PushBlobResponse stored = call.read();
            if (stored == null || !stored.getBlob().equals(file.blob())) {
                throw Status.UNAVAILABLE
                        .withDescription("the registry ended the push of "
                                + file.entry().getPath() + " without saying that it has it")
                        .asRuntimeException();
            }
        } catch (StatusException e) {
            throw e.getStatus().asRuntimeException(e.getTrailers());
        } finally {
            call.cancel("over", null); // does nothing to a call that has ended
        }
    }
}
