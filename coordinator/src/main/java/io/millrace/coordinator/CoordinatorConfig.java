package io.millrace.coordinator;

import io.millrace.coordinator.registry.RegistryLimits;
import io.millrace.service.Setting;
import io.millrace.service.blob.BlobLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What a coordinator can be told; see the help of each component. */
public record CoordinatorConfig(
        @Setting(help = "Address to listen on; 0.0.0.0 for every interface.", fallback = "127.0.0.1")
        String host,

        @Setting(help = "gRPC port; 0 = any free one.", fallback = "7300")
        int port,

        @Setting(help = "HTTP port of /metrics; 0 = any free one, -1 = none.", fallback = "9300")
        int metricsPort,

        @Setting(help = "Folder for the catalog of collections and for published models; must survive restarts.")
        Path dataDir,

        @Setting(help = "Encoder workers, host:port, comma-separated.")
        List<String> workers,

        @Setting(help = "Index servers, host:port, comma-separated; the order must stay, new ones go last.")
        List<String> indexServers,

        @Setting(
                help = "This coordinator's number, unique in the cluster; breaks ties of write stamps.",
                fallback = "0")
        int coordinatorId,

        @Setting(help = "Largest text accepted, bytes of UTF-8; longer ones belong in passages.", fallback = "524288")
        int maxTextBytes,

        @Setting(
                help = "Operations held unacknowledged on one ingest stream; more hide latency, fewer save memory.",
                fallback = "2048")
        int maxInFlight,

        @Setting(
                help = "How long an operation is retried inside the cluster before its client is told to try again.",
                fallback = "60s")
        Duration retryLimit,

        @Setting(help = "Deadline of a search that brings none of its own.", fallback = "10s")
        Duration searchTimeout,

        @Setting(
                help = "Most room for published models in the data folder, MiB; the files of all versions together.",
                fallback = "65536")
        long modelStoreMib,

        @Setting(help = "Largest file of a published model, MiB; large weights come in shards.", fallback = "16384")
        long modelFileMib,

        @Setting(help = "Files of models that may be pushed at a time; each holds 1 MiB in memory.", fallback = "8")
        int modelPushes,

        @Setting(
                help = "How long a pushed file is kept that no published model names; longer than the longest push.",
                fallback = "1h")
        Duration modelGrace) {

    private static final long MAX_MIB = 1L << 40;
    private static final Duration PUSH_IDLE = Duration.ofSeconds(60);
    private static final long MIN_FREE_BYTES = 256L << 20;

    /** Checks the ranges. */
    public CoordinatorConfig {
        if (workers.isEmpty() || indexServers.isEmpty()) {
            throw new IllegalArgumentException(
                    "a coordinator needs at least one encoder worker (--workers) and one index server (--index-servers)");
        }
        if (maxTextBytes < 1 || maxTextBytes > 4 << 20 || maxInFlight < 1 || maxInFlight > 65_536) {
            throw new IllegalArgumentException(
                    "--max-text-bytes is " + maxTextBytes + " (1 to 4194304) and --max-in-flight is " + maxInFlight
                            + " (1 to 65536); one of them is out of its range");
        }
        if (modelStoreMib < 1 || modelStoreMib > MAX_MIB || modelFileMib < 1 || modelFileMib > MAX_MIB) {
            throw new IllegalArgumentException("--model-store-mib is " + modelStoreMib + " and --model-file-mib is "
                    + modelFileMib + "; use 1 to " + MAX_MIB);
        }
        if (modelPushes < 1 || modelPushes > 1024 || modelGrace.isNegative()) {
            throw new IllegalArgumentException("--model-pushes is " + modelPushes + " (1 to 1024) and --model-grace is "
                    + modelGrace + " (0s or more); one of them is out of its range");
        }
    }

    /** The settings of a coordinator inside a local cluster: loopback, any port, defaults for the rest. */
    public static CoordinatorConfig local(Path dataDir, int port, List<String> workers, List<String> indexServers) {
        return new CoordinatorConfig(
                "127.0.0.1",
                port,
                -1,
                dataDir,
                workers,
                indexServers,
                0,
                512 << 10,
                2048,
                Duration.ofSeconds(60),
                Duration.ofSeconds(10),
                64 << 10,
                16 << 10,
                8,
                Duration.ofHours(1));
    }

    RegistryLimits registry() {
        // The catalog lives on the same disk: it must always find room.
        return new RegistryLimits(
                new BlobLimits(modelFileMib << 20, modelStoreMib << 20, MIN_FREE_BYTES),
                modelPushes,
                modelGrace,
                PUSH_IDLE);
    }
}
