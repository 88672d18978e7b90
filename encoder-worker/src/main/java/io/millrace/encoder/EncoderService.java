package io.millrace.encoder;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.encoder.batch.BatchQueue;
import io.millrace.encoder.batch.EncoderMetrics;
import io.millrace.encoder.batch.Failure;
import io.millrace.encoder.models.ModelLoads;
import io.millrace.encoder.models.ServedModel;
import io.millrace.model.SparseEncoder;
import io.millrace.model.hybrid.HybridSpace;
import io.millrace.service.Refusals;
import io.millrace.v1.DescribeHybridSpaceRequest;
import io.millrace.v1.DescribeModelRequest;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeReply;
import io.millrace.v1.EncoderWorkerGrpc;
import io.millrace.v1.HybridSpaceDescription;
import io.millrace.v1.LoadModelRequest;
import io.millrace.v1.LoadedModel;
import io.millrace.v1.ModelDescription;
import io.millrace.v1.UnloadModelRequest;
import io.millrace.v1.UnloadModelResponse;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The gRPC service of a worker: streams with explicit credit into one {@link BatchQueue}. Safe for any thread. */
final class EncoderService extends EncoderWorkerGrpc.EncoderWorkerImplBase
        implements EncodeStream.Intake, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EncoderService.class);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private static final int MAX_SAMPLE_TEXTS = 1_024;

    private final ModelLoads loads;
    private final StreamLimits limits;
    private final EncoderMetrics metrics;
    private final Admission admission;
    private final BatchIntake intake;
    private final Set<EncodeStream> streams = ConcurrentHashMap.newKeySet();
    private volatile boolean draining;

    /**
     * What bounds a service.
     *
     * @param queuedBytes bytes of requests in the worker, all streams together
     * @param tokenizerThreads threads that tokenise documents
     */
    record Limits(StreamLimits streams, long queuedBytes, int tokenizerThreads) {}

    /**
     * A service.
     *
     * @param loads owns the models; closed by whoever made it
     */
    EncoderService(ModelLoads loads, BatchQueue queue, Limits limits, EncoderMetrics metrics) {
        this.loads = loads;
        this.limits = limits.streams();
        this.metrics = metrics;
        this.admission = new Admission(limits.queuedBytes(), this::advanceAll);
        this.intake = new BatchIntake(loads.slots(), queue, admission, metrics, limits.tokenizerThreads());
        metrics.gauge("millrace_encoder_streams", "Streams open.", streams::size);
        metrics.gauge("millrace_encoder_queued_bytes", "Bytes of requests in the worker.", admission::usedBytes);
    }

    @Override
    public StreamObserver<EncodeBatch> encode(StreamObserver<EncodeReply> observer) {
        ServerCallStreamObserver<EncodeReply> replies = (ServerCallStreamObserver<EncodeReply>) observer;
        EncodeStream stream = new EncodeStream(replies, this, limits);
        replies.disableAutoRequest();
        replies.setOnReadyHandler(stream::advance);
        replies.setOnCancelHandler(stream::cancelled);
        replies.setOnCloseHandler(stream::cancelled); // also when something above this service ended the call
        // Counted before it is compared, so that two at once cannot both be the last.
        streams.add(stream);
        if (draining) {
            stream.end(stopping());
        } else if (streams.size() > limits.streams()) {
            stream.end(Refusals.overloaded(
                            "the worker has " + limits.streams()
                                    + " streams open, its limit; share streams or add workers",
                            RETRY_AFTER)
                    .getStatus());
        } else {
            stream.advance();
        }
        return stream;
    }

    @Override
    public void describeModel(DescribeModelRequest request, StreamObserver<ModelDescription> observer) {
        observer.onNext(loads.describe());
        observer.onCompleted();
    }

    @Override
    public void describeHybridSpace(
            DescribeHybridSpaceRequest request, StreamObserver<HybridSpaceDescription> observer) {
        SparseEncoder encoder = loads.slots()
                .find(request.getModelSpaceId())
                .map(ServedModel::encoder)
                .orElseThrow(() -> Refusals.failedPrecondition("the request is for models of space '"
                        + request.getModelSpaceId() + "', but this worker serves "
                        + loads.slots().described() + "; ask DescribeModel again"));
        if (request.getSampleTextsCount() > MAX_SAMPLE_TEXTS) {
            throw Refusals.invalidArgument(
                    "sample_texts",
                    "has " + request.getSampleTextsCount() + " texts; send " + MAX_SAMPLE_TEXTS + " at most");
        }
        HybridSpace space;
        try {
            space = HybridSpaces.choose(encoder, request.getChoice(), request.getSampleTextsList());
        } catch (HybridSpaces.Refused e) {
            throw e.failure().code().toStatus().withDescription(e.getMessage()).asRuntimeException();
        }
        observer.onNext(HybridSpaceDescription.newBuilder()
                .setSpaceId(space.spaceId())
                .setSettings(HybridSpaces.wire(space))
                .build());
        observer.onCompleted();
    }

    @Override
    public void loadModel(LoadModelRequest request, StreamObserver<LoadedModel> observer) {
        LoadedModel loaded;
        try {
            Refusals.requireTimeLeft();
            loaded = loads.load(request);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw stopping().asRuntimeException();
        }
        observer.onNext(loaded);
        observer.onCompleted();
    }

    @Override
    public void unloadModel(UnloadModelRequest request, StreamObserver<UnloadModelResponse> observer) {
        String active;
        try {
            active = loads.unload(request.getSpaceId());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw stopping().asRuntimeException();
        }
        observer.onNext(
                UnloadModelResponse.newBuilder().setActiveSpaceId(active).build());
        observer.onCompleted();
    }

    @Override
    public void accept(EncodeBatch batch, EncodeStream stream) {
        intake.accept(batch, stream);
    }

    @Override
    public void refused(Failure failure) {
        metrics.refused(failure);
    }

    @Override
    public boolean hasRoom() {
        return admission.hasRoom();
    }

    @Override
    public void ended(EncodeStream stream) {
        streams.remove(stream);
    }

    /**
     * Takes in nothing more, waits until all results have been sent, for at most this long, and ends the streams with
     * UNAVAILABLE. They end together: a caller that loses one stream may give up its others.
     */
    void drain(Duration patience) {
        draining = true;
        intake.drain();
        CompletableFuture<?>[] drained =
                streams.stream().map(EncodeStream::drain).toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(drained).get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warn("{} streams were not finished within {}", streams.size(), patience);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        streams.forEach(stream -> stream.end(stopping()));
    }

    @Override
    public void close() {
        intake.close();
    }

    private void advanceAll() {
        streams.forEach(EncodeStream::advance);
    }

    private static Status stopping() {
        return Status.UNAVAILABLE.withDescription("the worker is shutting down; open a stream to another worker");
    }
}
