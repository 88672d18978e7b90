package io.millrace.service.registry;

import com.google.protobuf.ByteString;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.service.blob.BlobDraft;
import io.millrace.service.blob.BlobException;
import io.millrace.service.blob.BlobStore;
import io.millrace.service.blob.Sha256;
import io.millrace.v1.BlobId;
import io.millrace.v1.FetchBlobRequest;
import io.millrace.v1.FetchBlobResponse;
import io.millrace.v1.ModelRegistryGrpc;
import io.millrace.v1.PublishedModel;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a registry: manifests, and files into a {@link BlobStore}. Each call has a deadline; what fails for want of a server is
 * tried again with growing pauses, where it broke off. Safe for many threads.
 */
public final class RegistryClient implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryClient.class);
    private static final int MAX_MESSAGE_BYTES = 40 << 20;
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);
    /** A file may take this long, and a second for each of so many bytes: a slow link, not a dead one. */
    private static final Duration FETCH_TIMEOUT = Duration.ofSeconds(60);

    private static final long SLOWEST_BYTES_A_SECOND = 256 << 10;
    private static final int ATTEMPTS = 6;
    private static final long FIRST_PAUSE_MILLIS = 100;

    private final String address;
    private final ManagedChannel channel;

    private RegistryClient(String address, ManagedChannel channel) {
        this.address = address;
        this.channel = channel;
    }

    /**
     * A client of a coordinator. Connecting happens at the first call.
     *
     * @param address {@code host:port}
     */
    public static RegistryClient connect(String address) {
        ManagedChannel channel = Grpc.newChannelBuilder(address, InsecureChannelCredentials.create())
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .build();
        return new RegistryClient(address, channel);
    }

    /** {@code host:port} of the coordinator. */
    public String address() {
        return address;
    }

    /** The connection, for calls that this client does not have. */
    public ManagedChannel channel() {
        return channel;
    }

    /**
     * A published model, its manifest held against {@link ManifestRules}.
     *
     * @throws StatusRuntimeException NOT_FOUND if there is none, DATA_LOSS if its manifest breaks a rule
     */
    public PublishedModel describe(ModelName model) throws InterruptedException {
        PublishedModel published = retried(() -> ModelRegistryGrpc.newBlockingStub(channel)
                .withDeadlineAfter(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .describePublishedModel(model.reference()));
        ManifestRules.violation(published.getManifest()).ifPresent(violation -> {
            throw Status.DATA_LOSS
                    .withDescription("the manifest of " + model + " from " + address
                            + " breaks a rule and is not used: " + violation)
                    .asRuntimeException();
        });
        return published;
    }

    /**
     * Fetches a file into a store, unless it is there; what an earlier attempt left of it is not fetched again.
     *
     * @param progress told of bytes as they arrive
     * @throws BlobException if there is no room, or what came is not what was asked for
     * @throws StatusRuntimeException if the registry does not have it, or does not answer
     */
    public void fetch(BlobId blob, BlobStore store, LongConsumer progress) throws IOException, InterruptedException {
        Sha256 id = new Sha256(blob.getSha256());
        if (store.size(id).isPresent()) {
            return;
        }
        long pause = FIRST_PAUSE_MILLIS;
        for (int attempt = 1; ; attempt++) {
            try {
                fetchOnce(id, blob.getSizeBytes(), store, progress);
                return;
            } catch (StatusRuntimeException e) {
                if (attempt == ATTEMPTS || !mayPass(e.getStatus())) {
                    throw e;
                }
                LOG.info("fetching {} from {} goes on after {}", id, address, e.getStatus());
            }
            Thread.sleep(pause);
            pause *= 2;
        }
    }

    private void fetchOnce(Sha256 id, long sizeBytes, BlobStore store, LongConsumer progress) throws IOException {
        long offset = Math.min(store.draftBytes(id), sizeBytes);
        try (BlobDraft draft = store.draft(id, sizeBytes, offset)) {
            long millis = FETCH_TIMEOUT.toMillis() + 1000 * (sizeBytes / SLOWEST_BYTES_A_SECOND);
            io.grpc.Context.CancellableContext call = io.grpc.Context.current().withCancellation();
            io.grpc.Context before = call.attach();
            try {
                Iterator<FetchBlobResponse> chunks = ModelRegistryGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(millis, TimeUnit.MILLISECONDS)
                        .fetchBlob(FetchBlobRequest.newBuilder()
                                .setSha256(id.hex())
                                .setOffset(offset)
                                .build());
                while (chunks.hasNext()) {
                    ByteString chunk = chunks.next().getChunk();
                    draft.write(chunk.asReadOnlyByteBuffer());
                    progress.accept(chunk.size());
                }
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() == Status.Code.DATA_LOSS) {
                    draft.discard();
                }
                throw e;
            } finally {
                // Where writing failed, nobody reads the rest.
                call.detach(before);
                call.cancel(null);
            }
            draft.commit();
        }
    }

    private <T> T retried(Supplier<T> call) throws InterruptedException {
        long pause = FIRST_PAUSE_MILLIS;
        for (int attempt = 1; ; attempt++) {
            try {
                return call.get();
            } catch (StatusRuntimeException e) {
                if (attempt == ATTEMPTS || !mayPass(e.getStatus())) {
                    throw e;
                }
            }
            Thread.sleep(pause);
            pause *= 2;
        }
    }

    /** Whether a failure may be over soon. */
    public static boolean mayPass(Status status) {
        return switch (status.getCode()) {
            case UNAVAILABLE, ABORTED -> true;
            default -> false;
        };
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
