package io.millrace.index.service;

import static io.millrace.index.service.IndexClient.SHARD;
import static io.millrace.index.service.IndexClient.puts;
import static io.millrace.index.service.IndexClient.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.IndexServerConfig;
import io.millrace.index.snapshot.Snapshot;
import io.millrace.v1.SnapshotShardRequest;
import io.millrace.v1.SnapshotShardResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots over real gRPC: taken of a running server, restored into another one. */
class SnapshotShardTest {
    @TempDir
    private Path folder;

    @Test
    void restoredShardAnswersAsTheServerDidThen() throws Exception {
        SnapshotShardResponse taken;
        try (IndexClient client = server("data").withShard()) {
            client.call().write(puts(1, vector(7, 1f), vector(7, 3f)).build());
            taken = client.call().snapshotShard(snapshot("monday").build());
            client.call().write(puts(3, vector(7, 9f)).build());
            assertThat(client.found(7)).containsExactly("doc-3", "doc-2", "doc-1");
        }
        assertThat(taken.getAppliedIndex()).isEqualTo(1);
        assertThat(taken.getDocuments()).isEqualTo(2);
        Snapshot snapshot = Snapshot.open(Path.of(taken.getPath()));
        assertThat(snapshot.manifest().sizeBytes()).isEqualTo(taken.getSizeBytes());
        snapshot.restore(folder.resolve("other"));
        try (IndexClient client = new IndexClient(folder.resolve("other"))) {
            assertThat(client.found(7)).containsExactly("doc-2", "doc-1");
            client.call().write(puts(4, vector(7, 2f)).build());
            assertThat(client.found(7)).containsExactly("doc-2", "doc-4", "doc-1");
        }
    }

    @Test
    void refusalsSayWhatToDo() throws Exception {
        try (IndexClient client = server("data").withShard()) {
            client.call().snapshotShard(snapshot("monday").build());
            assertRefused(client, snapshot("monday"), "ALREADY_EXISTS: snapshot 'monday' exists");
            assertRefused(client, snapshot("../monday"), "INVALID_ARGUMENT: name: '../monday' is not a name");
            assertRefused(client, snapshot(folder.resolve("x").toString()), "INVALID_ARGUMENT: name:");
            assertRefused(client, snapshot(""), "INVALID_ARGUMENT: name: ''");
            assertRefused(
                    client,
                    snapshot("b").setShard(SHARD.toBuilder().setSpaceId(IndexClient.OTHER_SPACE)),
                    "FAILED_PRECONDITION: shard books/1/0 is in space");
            assertRefused(client, snapshot("b").setShard(SHARD.toBuilder().setShard(9)), "NOT_FOUND: shard books/1/9");
        }
        try (var entries = Files.list(folder.resolve("data/snapshots"))) {
            assertThat(entries.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder("millrace.lock", "monday");
        }
    }

    @Test
    void serverWithoutADirectoryForSnapshotsNamesTheSetting() throws Exception {
        try (IndexClient client = new IndexClient(folder.resolve("data")).withShard()) {
            assertRefused(
                    client,
                    snapshot("monday"),
                    "FAILED_PRECONDITION: this server takes no snapshots: it has no directory for them; start it with"
                            + " --snapshots DIR");
        }
    }

    private IndexClient server(String data) {
        return new IndexClient(new IndexServerConfig(
                "127.0.0.1",
                0,
                -1,
                folder.resolve(data),
                2,
                50,
                0,
                folder.resolve(data + "/snapshots").toString()));
    }

    private static SnapshotShardRequest.Builder snapshot(String name) {
        return SnapshotShardRequest.newBuilder().setShard(SHARD).setName(name);
    }

    private static void assertRefused(IndexClient client, SnapshotShardRequest.Builder request, String message) {
        assertThatThrownBy(() -> client.call().snapshotShard(request.build())).hasMessageStartingWith(message);
    }
}
