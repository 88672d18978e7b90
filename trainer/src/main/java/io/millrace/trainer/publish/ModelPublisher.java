package io.millrace.trainer.publish;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.millrace.service.registry.RegistryClient;
import io.millrace.v1.MissingBlob;
import io.millrace.v1.MissingBlobsRequest;
import io.millrace.v1.ModelRegistryGrpc;
import io.millrace.v1.PublishModelRequest;
import io.millrace.v1.PublishModelResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a prepared model to a registry: files that are not there yet, one after the other, then the manifest. What fails for want
 * of a server is tried again, where it broke off; so a push that was killed goes on when it is run again. One thread.
 */
public final class ModelPublisher {
    private static final Logger LOG = LoggerFactory.getLogger(ModelPublisher.class);
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);
    /** Attempts in a row after which the registry has not a byte more. */
    private static final int ATTEMPTS = 8;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final RegistryClient client;
    private final PublishListener listener;

    /**
     * A publisher.
     *
     * @param client of the registry; stays the caller's
     */
    public ModelPublisher(RegistryClient client, PublishListener listener) {
        this.client = client;
        this.listener = listener;
    }

    /**
     * Publishes a model, or finds that it is published.
     *
     * @throws StatusRuntimeException with what the registry says, or UNAVAILABLE if it does not answer
     * @throws IOException if a file cannot be read
     */
    public PublishModelResponse publish(PreparedModel model) throws IOException, InterruptedException {
        Map<String, LocalFile> files = new LinkedHashMap<>();
        model.files().forEach(file -> files.putIfAbsent(file.blob().getSha256(), file));
        long total = files.values().stream()
                .mapToLong(file -> file.blob().getSizeBytes())
                .sum();
        Duration pause = FIRST_PAUSE;
        int fruitless = 0;
        long best = -1;
        while (true) {
            Duration wait;
            try {
                List<MissingBlob> missing = missing(files);
                if (missing.isEmpty()) {
                    // Asked just now, so everything is within its grace.
                    return registry()
                            .publishModel(PublishModelRequest.newBuilder()
                                    .setManifest(model.manifest())
                                    .build());
                }
                long there = total - bytes(missing, files);
                fruitless = there > best ? 0 : fruitless + 1;
                pause = fruitless == 0 ? FIRST_PAUSE : pause;
                best = Math.max(best, there);
                if (fruitless == ATTEMPTS) {
                    throw Status.ABORTED
                            .withDescription(
                                    "the registry loses files that were pushed; is its --model-grace too short?")
                            .asRuntimeException();
                }
                push(missing, files, new Sent(there, total));
                continue;
            } catch (StatusRuntimeException e) {
                Optional<Duration> told = retryAfter(e);
                if (++fruitless >= ATTEMPTS || (told.isEmpty() && !RegistryClient.mayPass(e.getStatus()))) {
                    throw e;
                }
                LOG.info("the push to {} goes on after {}", client.address(), e.getStatus());
                wait = told.orElse(pause);
            }
            Thread.sleep(wait);
            pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause.multipliedBy(2);
        }
    }

    /** Bytes that the registry has, and all. */
    private record Sent(long thereBytes, long totalBytes) {}

    private void push(List<MissingBlob> missing, Map<String, LocalFile> files, Sent begin)
            throws IOException, InterruptedException {
        long[] there = {begin.thereBytes()};
        for (MissingBlob blob : missing) {
            LocalFile file = Objects.requireNonNull(files.get(blob.getSha256()));
            new BlobPush(file, blob.getReceivedBytes())
                    .run(ModelRegistryGrpc.newBlockingV2Stub(client.channel()), sent -> {
                        there[0] += sent;
                        listener.sent(file.entry().getPath(), there[0], begin.totalBytes());
                    });
        }
    }

    private List<MissingBlob> missing(Map<String, LocalFile> files) {
        MissingBlobsRequest.Builder request = MissingBlobsRequest.newBuilder();
        files.values().forEach(file -> request.addBlobs(file.blob()));
        return registry().missingBlobs(request.build()).getMissingList();
    }

    private static long bytes(List<MissingBlob> missing, Map<String, LocalFile> files) {
        return missing.stream()
                .mapToLong(blob -> Objects.requireNonNull(files.get(blob.getSha256()))
                                .blob()
                                .getSizeBytes()
                        - blob.getReceivedBytes())
                .sum();
    }

    private ModelRegistryGrpc.ModelRegistryBlockingStub registry() {
        return ModelRegistryGrpc.newBlockingStub(client.channel())
                .withDeadlineAfter(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** When the registry said to come back; empty if it did not. */
    private static Optional<Duration> retryAfter(StatusRuntimeException refusal) {
        com.google.rpc.Status status = StatusProto.fromThrowable(refusal);
        if (status == null) {
            return Optional.empty();
        }
        for (Any detail : status.getDetailsList()) {
            if (detail.is(RetryInfo.class)) {
                try {
                    com.google.protobuf.Duration delay =
                            detail.unpack(RetryInfo.class).getRetryDelay();
                    return Optional.of(Duration.ofSeconds(delay.getSeconds(), delay.getNanos()));
                } catch (InvalidProtocolBufferException e) {
                    return Optional.empty();
                }
            }
        }
        return Optional.empty();
    }
}
