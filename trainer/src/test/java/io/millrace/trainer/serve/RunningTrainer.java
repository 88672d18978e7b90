package io.millrace.trainer.serve;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.millrace.service.Settings;
import io.millrace.trainer.watch.RunUpdates;
import io.millrace.v1.RunReference;
import io.millrace.v1.RunState;
import io.millrace.v1.RunStatus;
import io.millrace.v1.RunUpdate;
import io.millrace.v1.StartRunRequest;
import io.millrace.v1.TrainerGrpc;
import io.millrace.v1.WatchRunRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A trainer in this process, over a folder that may have been another one's before. */
final class RunningTrainer implements AutoCloseable {
    static final Path MODELS = Path.of("../models").toAbsolutePath().normalize();

    private final Path folder;
    private final TrainerServer server;
    private final ManagedChannel channel;

    RunningTrainer(Path folder, String... settings) throws IOException {
        this.folder = folder;
        Path data = Files.createDirectories(folder.resolve("root"));
        List<String> arguments = new ArrayList<>(List.of(
                "--port=0",
                "--metrics-port=0",
                "--threads=2",
                "--data-dir=" + folder.resolve("trainer"),
                "--roots=" + data + ",MODELS=" + MODELS));
        arguments.addAll(List.of(settings));
        server = TrainerServer.start(
                Settings.read(TrainerConfig.class, arguments, Map.of()),
                new TrainerParts(
                        (preset, base) -> {
                            throw new IllegalArgumentException("there is no preset " + preset);
                        },
                        (run, name) -> {},
                        "millrace test"));
        channel = Grpc.newChannelBuilder(server.address(), InsecureChannelCredentials.create())
                .build();
    }

    TrainerServer server() {
        return server;
    }

    TrainerGrpc.TrainerBlockingStub calls() {
        return TrainerGrpc.newBlockingStub(channel).withDeadlineAfter(280, TimeUnit.SECONDS);
    }

    /** A recipe that takes some steps of splade-tiny, with dropout. */
    String recipe(int steps) throws IOException {
        StringBuilder groups = new StringBuilder();
        for (int i = 0; i < 24; i++) {
            groups.append("""
                    {"query": "what is number %d", "docs": ["it is the number %d", "a cat", "a dog of %d"], "scores": [9, %d, 1]}
                    """.formatted(i, i, i + 1, i % 4));
        }
        Path file = folder.resolve("root/groups.jsonl");
        if (!Files.exists(file)) {
            Files.writeString(file, groups);
        }
        return """
                name: numbers
                base: ${MODELS}/splade-tiny
                steps: %d
                batch: {queries: 4, query-tokens: 16, document-tokens: 16}
                candidates: {group: 3}
                optimizer: {rate: 1e-4, warmup-steps: 2}
                dropout: {states: 0.1, attention: 0.1}
                loss: [{kind: margin-mse, weight: 0.05}, {kind: kl}]
                penalties: [{side: documents, kind: flops, lambda: 0.01}]
                data: [{kind: distillation, file: groups.jsonl}]
                keep: {every: 6, report: 1}
                """.formatted(steps);
    }

    RunStatus start(String name, String recipe) {
        return calls().startRun(StartRunRequest.newBuilder()
                        .setName(name)
                        .setRecipe(recipe)
                        .build())
                .getRun();
    }

    static RunReference run(String name) {
        return RunReference.newBuilder().setName(name).build();
    }

    RunStatus status(String name) {
        return calls().describeRun(run(name)).getStatus();
    }

    /** Everything that happens to a run until it has ended. */
    List<RunUpdate> watch(String name) {
        List<RunUpdate> updates = new ArrayList<>();
        calls().watchRun(WatchRunRequest.newBuilder().setName(name).build()).forEachRemaining(updates::add);
        return updates;
    }

    /** Watches a run until a step is reported. */
    void awaitStep(String name, long step) {
        var updates =
                calls().watchRun(WatchRunRequest.newBuilder().setName(name).build());
        while (updates.hasNext()) {
            RunUpdate update = updates.next();
            if (update.getStep().getStep() >= step) {
                return;
            }
            if (update.hasStatus() && RunUpdates.hasEnded(update.getStatus())) {
                throw new AssertionError("ended before step " + step + ": " + update.getStatus());
            }
        }
    }

    RunStatus awaitState(String name, RunState state) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(280);
        RunStatus status = status(name);
        while (status.getState() != state) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not " + state + ": " + status);
            }
            Thread.sleep(5);
            status = status(name);
        }
        return status;
    }

    Path runs() {
        return folder.resolve("trainer/runs");
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.close();
    }
}
