package io.millrace.coordinator.registry;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.coordinator.catalog.MetadataFile;
import io.millrace.service.Metrics;
import io.millrace.service.Refusals;
import io.millrace.service.blob.BlobStore;
import io.millrace.service.blob.Sha256;
import io.millrace.service.registry.ModelName;
import io.millrace.v1.DeleteModelRequest;
import io.millrace.v1.DeleteModelResponse;
import io.millrace.v1.FetchBlobRequest;
import io.millrace.v1.FetchBlobResponse;
import io.millrace.v1.ListModelsRequest;
import io.millrace.v1.ListModelsResponse;
import io.millrace.v1.MissingBlobsRequest;
import io.millrace.v1.MissingBlobsResponse;
import io.millrace.v1.ModelReference;
import io.millrace.v1.ModelRegistryGrpc;
import io.millrace.v1.PublishModelRequest;
import io.millrace.v1.PublishModelResponse;
import io.millrace.v1.PublishedModel;
import io.millrace.v1.PushBlobRequest;
import io.millrace.v1.PushBlobResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry's calls, and its housekeeping: every few seconds idle pushes are ended, and now and then files are removed that
 * nothing names. Handlers may block: they run on virtual threads.
 */
public final class ModelRegistry extends ModelRegistryGrpc.ModelRegistryImplBase implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelRegistry.class);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);
    private static final long LONGEST_SWEEP_MILLIS = 5_000;
    private static final int COLLECT_EVERY_SWEEPS = 60;
    /** Each holds one chunk in memory; beyond that the disk is what they would wait for. */
    private static final int MAX_FETCHES = 64;

    private final BlobStore store;
    private final ModelCatalog catalog;
    private final RegistryLimits limits;
    private final Set<PushStream> pushes = ConcurrentHashMap.newKeySet();
    private final Set<FetchStream> fetches = ConcurrentHashMap.newKeySet();
    private final Semaphore pushRoom;
    private final Semaphore fetchRoom = new Semaphore(MAX_FETCHES);
    private final ScheduledExecutorService sweeper = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("model-registry").daemon().factory());
    private int sweeps;

    private ModelRegistry(BlobStore store, ModelCatalog catalog, RegistryLimits limits) {
        this.store = store;
        this.catalog = catalog;
        this.limits = limits;
        this.pushRoom = new Semaphore(limits.pushes());
    }

    /**
     * Opens the registry of a folder, and begins its housekeeping.
     *
     * @throws UncheckedIOException if the folder cannot be used
     */
    public static ModelRegistry open(Path folder, MetadataFile metadata, RegistryLimits limits, Metrics metrics) {
        try {
            BlobStore store = BlobStore.open(folder, limits.blobs());
            ModelRegistry registry =
                    new ModelRegistry(store, new ModelCatalog(metadata, store, limits.grace()), limits);
            metrics.gauge("millrace_registry_bytes", "Bytes of stored model files.", store::totalBytes);
            metrics.gauge("millrace_registry_pushes", "Files being pushed.", registry.pushes::size);
            metrics.gauge("millrace_registry_fetches", "Files being fetched.", registry::openFetches);
            long millis = Math.clamp(limits.idle().toMillis(), 100, LONGEST_SWEEP_MILLIS);
            var _ = registry.sweeper.scheduleWithFixedDelay(registry::sweep, millis, millis, TimeUnit.MILLISECONDS);
            return registry;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open the model registry in " + folder + ": " + e.getMessage(), e);
        }
    }

    private void sweep() {
        try {
            pushes.forEach(push -> push.endIfIdle(limits.idle()));
            fetches.forEach(fetch -> fetch.endIfIdle(limits.idle()));
            if (++sweeps % COLLECT_EVERY_SWEEPS == 0) {
                long bytes = catalog.collect();
                LOG.debug("registry swept: {} bytes removed", bytes);
            }
        } catch (IOException | RuntimeException e) { // the next sweep may fare better
            LOG.warn("the registry was not swept", e);
        }
    }

    @Override
    public void missingBlobs(MissingBlobsRequest request, StreamObserver<MissingBlobsResponse> observer) {
        answer(observer, () -> catalog.missing(request));
    }

    @Override
    public StreamObserver<PushBlobRequest> pushBlob(StreamObserver<PushBlobResponse> observer) {
        if (!pushRoom.tryAcquire()) {
            observer.onError(Refusals.overloaded(
                    limits.pushes() + " files are being pushed already, the limit of --model-pushes", RETRY_AFTER));
            return new Ignored();
        }
        PushStream[] push = new PushStream[1];
        push[0] = new PushStream(observer, store, () -> {
            pushes.remove(push[0]);
            pushRoom.release();
        });
        pushes.add(push[0]);
        return push[0];
    }

    /** What a refused caller still sends. */
    private static final class Ignored implements StreamObserver<PushBlobRequest> {
        @Override
        public void onNext(PushBlobRequest message) {}

        @Override
        public void onError(Throwable t) {}

        @Override
        public void onCompleted() {}
    }

    @Override
    public void publishModel(PublishModelRequest request, StreamObserver<PublishModelResponse> observer) {
        answer(observer, () -> catalog.publish(request.getManifest()));
    }

    @Override
    public void listModels(ListModelsRequest request, StreamObserver<ListModelsResponse> observer) {
        answer(
                observer,
                () -> ListModelsResponse.newBuilder()
                        .addAllModels(catalog.list(request.getName()))
                        .build());
    }

    @Override
    public void describePublishedModel(ModelReference request, StreamObserver<PublishedModel> observer) {
        answer(observer, () -> catalog.describe(name(request)));
    }

    @Override
    public void deleteModel(DeleteModelRequest request, StreamObserver<DeleteModelResponse> observer) {
        answer(
                observer,
                () -> DeleteModelResponse.newBuilder()
                        .setRemovedBytes(catalog.delete(name(request.getModel()), request.getForce()))
                        .build());
    }

    @Override
    public void fetchBlob(FetchBlobRequest request, StreamObserver<FetchBlobResponse> observer) {
        Sha256 id = ModelCatalog.hash("sha256", request.getSha256());
        long size = store.size(id)
                .orElseThrow(() -> Refusals.notFound("there is no file with SHA-256 " + id + "; push it first"));
        if (request.getOffset() < 0 || request.getOffset() > size) {
            throw Refusals.invalidArgument(
                    "offset",
                    "is " + Long.toUnsignedString(request.getOffset()) + ", but the file has " + size + " bytes");
        }
        if (!fetchRoom.tryAcquire()) {
            throw Refusals.overloaded(MAX_FETCHES + " files are being fetched, the limit", RETRY_AFTER);
        }
        ServerCallStreamObserver<FetchBlobResponse> replies = (ServerCallStreamObserver<FetchBlobResponse>) observer;
        try {
            FetchStream stream =
                    FetchStream.open(replies, new FetchStream.Source(store, id, request.getOffset()), ended -> {
                        fetches.remove(ended);
                        fetchRoom.release();
                    });
            fetches.add(stream);
            replies.setOnReadyHandler(stream::advance);
            replies.setOnCancelHandler(stream::cancelled);
        } catch (IOException e) {
            fetchRoom.release();
            throw Answers.of(e);
        }
    }

    private static ModelName name(ModelReference reference) {
        try {
            return ModelName.of(reference);
        } catch (IllegalArgumentException e) {
            throw Refusals.invalidArgument("model", String.valueOf(e.getMessage()));
        }
    }

    private interface Work<T> {
        T run() throws IOException;
    }

    private static <T> void answer(StreamObserver<T> observer, Work<T> work) {
        T result;
        try {
            Refusals.requireTimeLeft();
            result = work.run();
        } catch (StatusRuntimeException e) {
            observer.onError(e);
            return;
        } catch (IOException e) {
            observer.onError(Answers.of(e));
            return;
        } catch (UncheckedIOException e) {
            observer.onError(Answers.of(new IOException(e.getMessage(), e)));
            return;
        }
        observer.onNext(result);
        observer.onCompleted();
    }

    int openFetches() {
        return fetches.size();
    }

    @Override
    public void close() {
        sweeper.shutdownNow();
    }
}
