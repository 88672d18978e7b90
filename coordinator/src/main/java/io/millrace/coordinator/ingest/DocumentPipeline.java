package io.millrace.coordinator.ingest;

import io.grpc.Status;
import io.millrace.coordinator.catalog.HybridClock;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.coordinator.catalog.Slots;
import io.millrace.coordinator.encode.WorkerPool;
import io.millrace.v1.Collection;
import io.millrace.v1.IngestAck;
import io.millrace.v1.ItemError;
import io.millrace.v1.ShardPlacement;
import io.millrace.v1.Stamp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The way of a document: stamp → encode batch → worker → shard write → ack. Deletes skip the worker. One pipeline serves
 * all streams into a collection.
 *
 * <p>Nothing here refuses for want of room: what is under way is bounded by the windows of the streams
 * ({@link IngestSession}). Nothing is dropped either: every operation submitted is settled exactly once.
 */
final class DocumentPipeline implements AutoCloseable {
    /** What a pipeline works with. */
    record Parts(HybridClock clock, WorkerPool workers, IndexServers servers, IngestMetrics metrics) {}

    private final Collection collection;
    private final Parts parts;
    private final EncodeStage encode;
    private final List<ShardLane> lanes = new ArrayList<>();

    private DocumentPipeline(Collection collection, Parts parts, Duration retryLimit) {
        this.collection = collection;
        this.parts = parts;
        this.encode = new EncodeStage(this, parts.workers(), retryLimit);
        for (ShardPlacement placement : collection.getShardsList()) {
            lanes.add(new ShardLane(this, placement, parts.servers(), retryLimit));
        }
    }

    static DocumentPipeline start(Collection collection, Parts parts, Duration retryLimit) {
        DocumentPipeline pipeline = new DocumentPipeline(collection, parts, retryLimit);
        pipeline.encode.start();
        pipeline.lanes.forEach(ShardLane::start);
        return pipeline;
    }

    Collection collection() {
        return collection;
    }

    IngestMetrics metrics() {
        return parts.metrics();
    }

    Stamp nextStamp() {
        return parts.clock().next();
    }

    /** Starts an operation on its way. */
    void submit(PendingOperation operation) {
        if (operation.isPut()) {
            encode.add(operation);
        } else {
            write(operation);
        }
    }

    /** Hands an operation, encoded if it is a put, to its shard. */
    void write(PendingOperation operation) {
        lanes.get(Slots.shardOf(operation.id(), lanes.size())).add(operation);
    }

    /** Reports an operation as done. */
    void succeed(PendingOperation operation, IngestAck.Builder outcome) {
        settle(
                operation,
                outcome.getApplied() ? "applied" : "superseded",
                outcome.setSequence(operation.operation.getSequence())
                        .setTruncatedTokens(operation.truncatedTokens)
                        .build());
    }

    /** Reports an operation as failed; UNAVAILABLE means that the client may send it again. */
    void fail(PendingOperation operation, Status status) {
        boolean unavailable = status.getCode() == Status.Code.UNAVAILABLE;
        ItemError error = ItemError.newBuilder()
                .setCode(status.getCode().value())
                .setMessage(status.getDescription() == null ? status.getCode().name() : status.getDescription())
                .build();
        settle(
                operation,
                unavailable ? "unavailable" : "refused",
                IngestSession.failure(operation.operation.getSequence(), error));
    }

    private void settle(PendingOperation operation, String outcome, IngestAck ack) {
        parts.metrics().operations().add(outcome, 1);
        parts.metrics().ackSeconds().add((System.nanoTime() - operation.acceptedNanos) / 1e9);
        operation.session.settle(operation, ack);
    }

    @Override
    public void close() {
        encode.close();
        lanes.forEach(ShardLane::close);
    }
}
