package io.millrace.deploy.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.millrace.service.registry.ModelName;
import io.millrace.service.registry.RegistryClient;
import io.millrace.trainer.publish.ModelPreparation;
import io.millrace.trainer.publish.ModelPublisher;
import io.millrace.trainer.publish.PreparedModel;
import io.millrace.trainer.publish.Publication;
import io.millrace.trainer.publish.PublishListener;
import io.millrace.v1.DescribeModelRequest;
import io.millrace.v1.EncoderWorkerGrpc;
import io.millrace.v1.ListModelsRequest;
import io.millrace.v1.LoadModelRequest;
import io.millrace.v1.LoadedModel;
import io.millrace.v1.MissingBlob;
import io.millrace.v1.MissingBlobsRequest;
import io.millrace.v1.ModelRegistryGrpc;
import io.millrace.v1.PublishModelResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kills a coordinator while a model is pushed to it, and a worker while it loads one. */
@Timeout(180)
class RegistryKillTest {
    private static final Path MODEL =
            Path.of(System.getProperty("millrace.home", "..")).resolve("models/splade-tiny");
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final String NOBODY = "127.0.0.1:1";

    @TempDir
    private Path folder;

    private ServerProcess coordinator() {
        return new ServerProcess(
                "coordinator",
                freePort(),
                folder.resolve("coordinator.log"),
                List.of(
                        "--data-dir",
                        folder.resolve("data").toString(),
                        "--workers",
                        NOBODY,
                        "--index-servers",
                        NOBODY));
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void start(ServerProcess process) throws IOException, InterruptedException {
        process.start();
        process.awaitServing(START_TIMEOUT);
    }

    private static PreparedModel prepared() throws IOException {
        return ModelPreparation.usual().prepare(Publication.of(MODEL, "tiny"));
    }

    private static int listed(RegistryClient client) {
        return ModelRegistryGrpc.newBlockingStub(client.channel())
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .listModels(ListModelsRequest.getDefaultInstance())
                .getModelsCount();
    }

    /** Bytes of unfinished files that the registry has kept. */
    private static long received(RegistryClient client, PreparedModel model) {
        MissingBlobsRequest.Builder request = MissingBlobsRequest.newBuilder();
        model.manifest().getFilesList().forEach(file -> request.addBlobs(file.getBlob()));
        return ModelRegistryGrpc.newBlockingStub(client.channel())
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .missingBlobs(request.build())
                .getMissingList()
                .stream()
                .mapToLong(MissingBlob::getReceivedBytes)
                .sum();
    }

    @Test
    void aPushGoesOnWhereTheCoordinatorWasKilledAndNothingIsListedBefore() throws Exception {
        PreparedModel model = prepared();
        try (ServerProcess coordinator = coordinator();
                RegistryClient client = RegistryClient.connect(coordinator.address())) {
            start(coordinator);
            AtomicInteger kills = new AtomicInteger();
            PublishListener killer = (path, sent, total) -> {
                // In the middle of the weights, which are nine tenths of all.
                if (kills.get() == 0 && sent > total / 2) {
                    kills.incrementAndGet();
                    try {
                        coordinator.kill();
                        start(coordinator);
                    } catch (IOException | InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    assertThat(listed(client)).isZero();
                    assertThat(received(client, model)).isGreaterThan(total / 4);
                }
            };
            PublishModelResponse published = new ModelPublisher(client, killer).publish(model);
            assertThat(kills).hasValue(1);
            assertThat(published.getCreated()).isTrue();
            coordinator.kill();
            start(coordinator);
            assertThat(client.describe(ModelName.parse("tiny@1")).getLostList()).isEmpty();
            assertThat(files(folder.resolve("data/models/drafts"))).isZero();
            assertThat(new ModelPublisher(client, PublishListener.NONE)
                            .publish(model)
                            .getCreated())
                    .isFalse();
        }
    }

    @Test
    void aLoadGoesOnWhereTheWorkerWasKilled() throws Exception {
        PreparedModel model = prepared();
        ServerProcess worker = new ServerProcess(
                "worker",
                freePort(),
                folder.resolve("worker.log"),
                List.of(
                        "--model",
                        lexical().toString(),
                        "--model-cache",
                        folder.resolve("cache").toString()));
        try (ServerProcess coordinator = coordinator();
                RegistryClient client = RegistryClient.connect(coordinator.address());
                StallingRegistry slow = StallingRegistry.before(client.channel(), 3 << 20);
                worker) {
            start(coordinator);
            new ModelPublisher(client, PublishListener.NONE).publish(model);
            start(worker);
            CompletableFuture<LoadedModel> lost = CompletableFuture.supplyAsync(() -> load(worker, slow.address()));
            slow.awaitStall();
            worker.kill();
            assertThat(lost.handle((loaded, failure) -> failure).get(30, TimeUnit.SECONDS))
                    .isNotNull();
            slow.release();
            assertThat(files(folder.resolve("cache/drafts"))).isEqualTo(1);
            start(worker);
            LoadedModel loaded = load(worker, slow.address());
            assertThat(loaded.getSpaceId()).isEqualTo(model.manifest().getSpaceId());
            assertThat(loaded.getParity().getTexts()).isEqualTo(32);
            // Not from the start: what had arrived was kept.
            assertThat(slow.lastOffset()).isPositive();
            assertThat(files(folder.resolve("cache/drafts"))).isZero();
        }
    }

    private static LoadedModel load(ServerProcess worker, String coordinator) {
        ManagedChannel channel = Grpc.newChannelBuilder(worker.address(), InsecureChannelCredentials.create())
                .build();
        try {
            EncoderWorkerGrpc.EncoderWorkerBlockingStub calls =
                    EncoderWorkerGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
            LoadedModel loaded = calls.loadModel(LoadModelRequest.newBuilder()
                    .setModel(ModelName.parse("tiny").reference())
                    .setCoordinator(coordinator)
                    .build());
            assertThat(calls.describeModel(DescribeModelRequest.getDefaultInstance())
                            .getModelsList())
                    .contains(loaded);
            return loaded;
        } catch (StatusRuntimeException e) {
            throw new IllegalStateException(e.getStatus().toString(), e);
        } finally {
            channel.shutdownNow();
        }
    }

    /** A small model of another space to start the worker with. */
    private Path lexical() throws IOException {
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        Files.writeString(
                corpus.resolve("corpus.jsonl"), "{\"_id\": \"1\", \"title\": \"\", \"text\": \"mill race\"}\n");
        Path model = folder.resolve("lexical");
        io.millrace.deploy.CommandRun run =
                io.millrace.deploy.CommandRun.of("lexical", "--data", corpus.toString(), "--out", model.toString());
        assertThat(run.code()).as(run.err()).isZero();
        return model;
    }

    private static long files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.count();
        }
    }
}
