package io.millrace.deploy.snapshot;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.client.MillraceException;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.snapshot.Snapshot;
import io.millrace.v1.IndexServerGrpc;
import io.millrace.v1.ShardRef;
import io.millrace.v1.ShardStats;
import io.millrace.v1.SnapshotShardRequest;
import io.millrace.v1.SnapshotShardResponse;
import io.millrace.v1.StatsRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code snapshot}: takes, checks and restores snapshots of shards. */
@Command(
        name = "snapshot",
        mixinStandardHelpOptions = true,
        description = {
            "Takes snapshots of an index server's shards (one that was started with --snapshots DIR), checks them, and",
            "restores them into the data directory of a stopped one."
        },
        footer = {
            "",
            "Examples:",
            "  millrace snapshot create --server localhost:7320 --collection books --name monday",
            "  millrace snapshot verify snapshots/monday.books.1.0",
            "  millrace snapshot restore snapshots/monday.books.1.0 shard-a"
        })
public final class SnapshotCommand implements Runnable {
    private final Console console;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** A command over a console. */
    public SnapshotCommand(Console console) {
        this.console = console;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: create, verify or restore");
    }

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = {
                "Takes a snapshot of each shard of a collection that an index server has, into the server's directory of",
                "snapshots, as NAME.COLLECTION.GENERATION.SHARD. One that is taken stays when a later one fails."
            })
    int create(
            @Mixin OutputOptions output,
            @Option(
                            names = "--server",
                            paramLabel = "HOST:PORT",
                            required = true,
                            description = "Index server to ask; not the coordinator.")
                    String server,
            @Option(
                            names = "--collection",
                            paramLabel = "NAME",
                            required = true,
                            description = "Collection whose shards to keep.")
                    String collection,
            @Option(
                            names = "--name",
                            paramLabel = "NAME",
                            required = true,
                            description = "First part of the snapshots' names: letters, digits, '.', '_', '-'.")
                    String name,
            @Option(
                            names = "--timeout",
                            paramLabel = "TIME",
                            defaultValue = "1h",
                            description = "Longest wait for one snapshot, such as 10m. Default: 1h.")
                    Duration timeout) {
        ManagedChannel channel = Grpc.newChannelBuilder(server, InsecureChannelCredentials.create())
                .build();
        try {
            IndexServerGrpc.IndexServerBlockingStub calls = IndexServerGrpc.newBlockingStub(channel);
            for (ShardRef shard : shards(calls, collection)) {
                SnapshotShardResponse taken = calls.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
                        .snapshotShard(SnapshotShardRequest.newBuilder()
                                .setShard(shard)
                                .setName(name + "." + identity(shard).folder())
                                .build());
                show(
                        fields(
                                identity(shard),
                                taken.getPath(),
                                taken.getAppliedIndex(),
                                taken.getDocuments(),
                                taken.getSizeBytes()),
                        output);
            }
            return ExitCode.OK;
        } catch (StatusRuntimeException e) {
            throw new MillraceException(
                    e.getStatus().getCode(), server + ": " + e.getStatus().getDescription());
        } finally {
            channel.shutdownNow();
        }
    }

    @Command(
            name = "verify",
            mixinStandardHelpOptions = true,
            description = "Reads every file of a snapshot and compares it with the manifest. Needs no server.")
    int verify(
            @Mixin OutputOptions output,
            @Parameters(paramLabel = "SNAPSHOT_DIR", description = "Folder of the snapshot.") Path folder) {
        Snapshot snapshot = Snapshot.open(folder);
        snapshot.verify();
        show(fields(snapshot, folder), output);
        return ExitCode.OK;
    }

    @Command(
            name = "restore",
            mixinStandardHelpOptions = true,
            description = {
                "Checks a snapshot and copies it into the data directory of a stopped index server, as the shard that it",
                "was taken of. A shard that is there is never overwritten."
            })
    int restore(
            @Mixin OutputOptions output,
            @Parameters(paramLabel = "SNAPSHOT_DIR", description = "Folder of the snapshot.") Path folder,
            @Parameters(paramLabel = "DATA_DIR", description = "The index server's --data-dir; made if needed.")
                    Path dataDir) {
        Snapshot snapshot = Snapshot.open(folder);
        show(fields(snapshot, snapshot.restore(dataDir)), output);
        return ExitCode.OK;
    }

    private static List<ShardRef> shards(IndexServerGrpc.IndexServerBlockingStub calls, String collection) {
        List<ShardRef> shards = calls
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .stats(StatsRequest.newBuilder().setCollection(collection).build())
                .getShardsList()
                .stream()
                .map(ShardStats::getShard)
                .toList();
        if (shards.isEmpty()) {
            throw new MillraceException(
                    Status.Code.NOT_FOUND,
                    "this index server has no shard of collection '" + collection
                            + "'; `millrace collection describe` says which servers have");
        }
        return shards;
    }

    private void show(Map<String, Object> fields, OutputOptions output) {
        if (output.json()) {
            console.printJson(fields);
        } else {
            fields.forEach((field, value) -> console.print(field + ": " + value));
        }
    }

    private static Map<String, Object> fields(Snapshot snapshot, Path path) {
        return fields(
                snapshot.manifest().checkpoint().descriptor().identity(),
                path.toString(),
                snapshot.manifest().checkpoint().appliedIndex(),
                snapshot.manifest().checkpoint().documents(),
                snapshot.manifest().sizeBytes());
    }

    private static Map<String, Object> fields(
            ShardIdentity shard, String path, long appliedIndex, long documents, long sizeBytes) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("shard", shard.toString());
        fields.put("path", path);
        fields.put("appliedIndex", appliedIndex);
        fields.put("documents", documents);
        fields.put("sizeBytes", sizeBytes);
        return fields;
    }

    private static ShardIdentity identity(ShardRef shard) {
        return new ShardIdentity(shard.getCollection(), shard.getGeneration(), shard.getShard());
    }
}
