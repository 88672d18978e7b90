package io.millrace.index;

import io.millrace.service.Setting;
import java.nio.file.Path;
import java.util.Optional;

/** What an index server can be told; see the help of each component. */
public record IndexServerConfig(
        @Setting(help = "Address to listen on; 0.0.0.0 for every interface.", fallback = "127.0.0.1")
        String host,

        @Setting(help = "gRPC port; 0 = any free one.", fallback = "7320")
        int port,

        @Setting(help = "HTTP port of /metrics; 0 = any free one, -1 = none.", fallback = "9320")
        int metricsPort,

        @Setting(help = "Folder of the shards; must survive restarts, belongs to one server at a time.")
        Path dataDir,

        @Setting(help = "Threads that search; 0 = one a core. More than cores only adds memory.", fallback = "0")
        int searchThreads,

        @Setting(
                help = "Documents of a shard's write buffer, in memory, before it becomes a segment on disk; more make"
                        + " fewer merges and slower restarts.",
                fallback = "8192")
        int flushDocuments,

        @Setting(
                help = "Disk space kept free, MiB: below it writes are refused and reads go on. Enough for merges.",
                fallback = "256")
        int minFreeMib,

        @Setting(
                help = "Folder that SnapshotShard writes to, on the file system of --data-dir, whose files it links;"
                        + " belongs to one server at a time. none = no snapshots are taken.",
                fallback = "none")
        String snapshots) {

    /** Checks the ranges. */
    public IndexServerConfig {
        if (searchThreads < 0 || searchThreads > 1_024 || flushDocuments < 1 || flushDocuments > 1 << 20) {
            throw new IllegalArgumentException("--search-threads is " + searchThreads
                    + " (0 to 1024) and --flush-documents is " + flushDocuments
                    + " (1 to 1048576); one of them is out of its range");
        }
        if (minFreeMib < 0) {
            throw new IllegalArgumentException("--min-free-mib is " + minFreeMib + "; use 0 or more");
        }
    }

    /** Folder of snapshots, if there is one. */
    public Optional<Path> snapshotDir() {
        return snapshots.isEmpty() ? Optional.empty() : Optional.of(Path.of(snapshots));
    }

    /** The settings of an index server inside a local cluster: loopback, no metrics over HTTP, defaults for the rest. */
    public static IndexServerConfig local(Path dataDir, int port) {
        return new IndexServerConfig("127.0.0.1", port, -1, dataDir, 0, 8_192, 256, "");
    }
}
