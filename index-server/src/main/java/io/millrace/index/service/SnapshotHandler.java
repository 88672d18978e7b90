package io.millrace.index.service;

import io.grpc.Status;
import io.millrace.index.shard.ShardWriter;
import io.millrace.index.snapshot.Snapshot;
import io.millrace.index.snapshot.SnapshotDirectory;
import io.millrace.service.Refusals;
import io.millrace.v1.SnapshotShardRequest;
import io.millrace.v1.SnapshotShardResponse;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** SnapshotShard: a shard as of now, into the directory that the server was given for it. */
final class SnapshotHandler {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotHandler.class);

    // Every file is read once; an hour is a terabyte on a disk of 300 MB/s.
    private static final Duration LONGEST_WAIT = Duration.ofHours(1);

    private final ShardRegistry shards;
    private final Optional<SnapshotDirectory> snapshots;

    SnapshotHandler(ShardRegistry shards, Optional<SnapshotDirectory> snapshots) {
        this.shards = shards;
        this.snapshots = snapshots;
    }

    SnapshotShardResponse snapshot(SnapshotShardRequest request) {
        SnapshotDirectory directory =
                snapshots.orElseThrow(() -> Refusals.failedPrecondition("this server takes no snapshots: it has no"
                        + " directory for them; start it with --snapshots DIR (or MILLRACE_SNAPSHOTS), on the file"
                        + " system of its data directory"));
        ShardWriter writer = ShardRefs.require(shards, request.getShard());
        long begun = System.nanoTime();
        Snapshot snapshot = create(directory, request.getName(), writer, begun + CallDeadline.nanosLeft(LONGEST_WAIT));
        LOG.info(
                "shard {}: snapshot {} at index {} in {} ms",
                writer.shard().descriptor().identity(),
                snapshot.folder(),
                Long.toUnsignedString(snapshot.manifest().checkpoint().appliedIndex()),
                (System.nanoTime() - begun) / 1_000_000);
        return SnapshotShardResponse.newBuilder()
                .setPath(snapshot.folder().toString())
                .setAppliedIndex(snapshot.manifest().checkpoint().appliedIndex())
                .setDocuments(snapshot.manifest().checkpoint().documents())
                .setSizeBytes(snapshot.manifest().sizeBytes())
                .build();
    }

    private static Snapshot create(SnapshotDirectory directory, String name, ShardWriter writer, long deadlineNanos) {
        try {
            return directory.create(name, writer, deadlineNanos);
        } catch (IllegalArgumentException e) {
            throw Refusals.invalidArgument("name", String.valueOf(e.getMessage()));
        } catch (TimeoutException e) {
            throw Status.DEADLINE_EXCEEDED
                    .withDescription("the snapshot '" + name + "' was not complete in time: " + e.getMessage()
                            + "; give the call more time")
                    .withCause(e)
                    .asRuntimeException();
        } catch (UncheckedIOException | IllegalStateException e) {
            throw Refusals.unavailable(String.valueOf(e.getMessage()));
        }
    }
}
