package io.millrace.deploy.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.millrace.deploy.CommandRun;
import io.millrace.index.IndexServer;
import io.millrace.index.IndexServerConfig;
import io.millrace.v1.CreateShardRequest;
import io.millrace.v1.IndexServerGrpc;
import io.millrace.v1.ShardRef;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command over real index servers. */
class SnapshotCommandTest {
    @TempDir
    private Path folder;

    @Test
    void snapshotsOfACollectionAreTakenVerifiedAndRestored() throws Exception {
        Path data = folder.resolve("data");
        Path snapshots = folder.resolve("snapshots");
        try (IndexServer server = start(data, snapshots.toString())) {
            createShards(server, 2);
            CommandRun created = create(server, "books");
            assertThat(created.code()).as(created.err()).isZero();
            assertThat(created.out().lines()).hasSize(2);
            assertThat(created.json().get("shard").asText()).isEqualTo("books/1/1");
            assertThat(create(server, "books").err()).contains("'monday.books.1.0' exists");
            CommandRun none = create(server, "films");
            assertThat(none.code()).isEqualTo(5);
            assertThat(none.err()).contains("no shard of collection 'films'");
            CommandRun busy = CommandRun.of("snapshot", "restore", shard(snapshots, 0), data.toString());
            assertThat(busy.code()).isEqualTo(1);
            assertThat(busy.err()).contains("in use by another index server; stop it");
        }
        JsonNode verified = CommandRun.of("snapshot", "verify", shard(snapshots, 1), "-o", "json")
                .json();
        assertThat(verified.get("documents").asLong()).isZero();
        Path other = folder.resolve("other");
        for (int i = 0; i < 2; i++) {
            CommandRun restored = CommandRun.of("snapshot", "restore", shard(snapshots, i), other.toString());
            assertThat(restored.code()).as(restored.err()).isZero();
            assertThat(restored.out()).contains("shard: books/1/" + i);
        }
        assertThat(CommandRun.of("snapshot", "restore", shard(snapshots, 0), other.toString())
                        .err())
                .contains("shard books/1/0 (collection/generation/shard) exists");
        try (IndexServer server = start(other, "")) {
            CommandRun refused = create(server, "books");
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err()).contains("start it with --snapshots DIR");
        }
    }

    @Test
    void damagedSnapshotFailsWithItsFileNamed() throws Exception {
        Path snapshots = folder.resolve("snapshots");
        try (IndexServer server = start(folder.resolve("data"), snapshots.toString())) {
            createShards(server, 1);
            create(server, "books");
        }
        Files.writeString(Path.of(shard(snapshots, 0)).resolve("CURRENT"), "MANIFEST-000099\n");
        for (String[] command : new String[][] {
            {"snapshot", "verify", shard(snapshots, 0)},
            {"snapshot", "restore", shard(snapshots, 0), folder.resolve("other").toString()}
        }) {
            CommandRun run = CommandRun.of(command);
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err()).contains("CURRENT is damaged").contains("use another one");
        }
        assertThat(CommandRun.of("snapshot", "verify", folder.toString()).err())
                .contains("is no snapshot: it has no millrace-snapshot.json");
        assertThat(CommandRun.of("snapshot").code()).isEqualTo(2);
    }

    private static CommandRun create(IndexServer server, String collection) {
        return CommandRun.of(
                "snapshot",
                "create",
                "--server",
                server.address(),
                "--collection",
                collection,
                "--name",
                "monday",
                "-o",
                "json");
    }

    private static IndexServer start(Path data, String snapshots) {
        return IndexServer.start(new IndexServerConfig("127.0.0.1", 0, -1, data, 1, 50, 0, snapshots));
    }

    private static void createShards(IndexServer server, int count) {
        ManagedChannel channel = Grpc.newChannelBuilder(server.address(), InsecureChannelCredentials.create())
                .build();
        for (int i = 0; i < count; i++) {
            IndexServerGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(20, TimeUnit.SECONDS)
                    .createShard(CreateShardRequest.newBuilder()
                            .setShard(ShardRef.newBuilder()
                                    .setCollection("books")
                                    .setGeneration(1)
                                    .setShard(i)
                                    .setSpaceId("a1".repeat(32)))
                            .setEpoch(1)
                            .build());
        }
        channel.shutdownNow();
    }

    private static String shard(Path snapshots, int shard) {
        return snapshots.resolve("monday.books.1." + shard).toString();
    }
}
