package io.millrace.deploy.publish;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.CoordinatorConfig;
import io.millrace.encoder.EncoderWorker;
import io.millrace.encoder.EncoderWorkerConfig;
import io.millrace.service.Settings;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeReply;
import io.millrace.v1.EncoderWorkerGrpc;
import io.millrace.v1.ModelRegistryGrpc;
import io.millrace.v1.TextRole;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A coordinator whose registry is what matters, and workers that it need not know. */
final class RegistryCluster implements AutoCloseable {
    static final Path SPLADE_TINY =
            Path.of(System.getProperty("millrace.home", "..")).resolve("models/splade-tiny");
    private static final String NOBODY = "127.0.0.1:1";

    private final Path folder;
    private final Coordinator coordinator;
    private final Deque<Runnable> open = new ArrayDeque<>();

    RegistryCluster(Path folder, String... settings) {
        this.folder = folder;
        List<String> arguments = new ArrayList<>(List.of(
                "--port=0",
                "--metrics-port=-1",
                "--data-dir=" + folder.resolve("coordinator"),
                "--workers=" + NOBODY,
                "--index-servers=" + NOBODY));
        arguments.addAll(List.of(settings));
        coordinator = Coordinator.start(Settings.read(CoordinatorConfig.class, arguments, Map.of()));
    }

    String address() {
        return "127.0.0.1:" + coordinator.port();
    }

    ModelRegistryGrpc.ModelRegistryBlockingStub registry() {
        return ModelRegistryGrpc.newBlockingStub(channel(address())).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    /** A worker that knows this coordinator. */
    EncoderWorker worker(String model, String... settings) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "--port=0", "--metrics-port=-1", "--threads=1", "--model=" + model, "--coordinator=" + address()));
        arguments.addAll(List.of(settings));
        EncoderWorker worker = EncoderWorker.start(Settings.read(EncoderWorkerConfig.class, arguments, Map.of()));
        open.addFirst(worker::close);
        return worker;
    }

    EncoderWorkerGrpc.EncoderWorkerBlockingStub calls(EncoderWorker worker) {
        return EncoderWorkerGrpc.newBlockingStub(channel(worker.address())).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    /** The answer to one batch of documents on a stream of its own. */
    EncodeReply encode(EncoderWorker worker, String spaceId, List<String> texts)
            throws StatusException, InterruptedException {
        BlockingClientCall<EncodeBatch, EncodeReply> call = EncoderWorkerGrpc.newBlockingV2Stub(
                        channel(worker.address()))
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .encode();
        try {
            call.write(EncodeBatch.newBuilder()
                    .setSpaceId(spaceId)
                    .setRole(TextRole.TEXT_ROLE_DOCUMENT)
                    .addAllTexts(texts)
                    .build());
            EncodeReply reply = call.read();
            while (reply != null && reply.hasCredit()) {
                reply = call.read();
            }
            return java.util.Objects.requireNonNull(reply);
        } finally {
            call.cancel("answered", null);
        }
    }

    static List<SparseVector> vectors(EncodeReply reply) {
        return VectorBlockCodec.decode(
                reply.getBatch().getVectors().getPayload().toByteArray(),
                reply.getBatch().getVectors().getCount(),
                reply.getBatch().getVectors().getCrc32C());
    }

    /** The embedded model with documents pruned to a number of terms: another space with the same weights. */
    Path pruned(int terms) throws IOException {
        return pruned(folder, terms);
    }

    static Path pruned(Path folder, int terms) throws IOException {
        Path copy = folder.resolve("pruned-" + terms);
        if (Files.exists(copy)) {
            return copy;
        }
        Files.createDirectories(copy);
        for (String file : List.of("config.json", "model.safetensors", "tokenizer.json", "NOTICE")) {
            Files.write(copy.resolve(file), Files.readAllBytes(SPLADE_TINY.resolve(file)));
        }
        String contract = Files.readString(SPLADE_TINY.resolve("millrace.json"));
        int last = contract.lastIndexOf("\"top_terms\" : 0");
        Files.writeString(
                copy.resolve("millrace.json"),
                contract.substring(0, last) + "\"top_terms\" : " + terms
                        + contract.substring(last + "\"top_terms\" : 0".length()));
        return copy;
    }

    ManagedChannel channel(String address) {
        ManagedChannel channel = Grpc.newChannelBuilder(address, InsecureChannelCredentials.create())
                .build();
        open.addFirst(channel::shutdownNow);
        return channel;
    }

    @Override
    public void close() {
        open.forEach(Runnable::run);
        coordinator.close();
    }
}
