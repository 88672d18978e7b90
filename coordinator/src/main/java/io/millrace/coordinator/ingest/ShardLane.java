package io.millrace.coordinator.ingest;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.coordinator.catalog.CollectionCatalog;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.service.Refusals;
import io.millrace.v1.Collection;
import io.millrace.v1.ConsistencyToken;
import io.millrace.v1.IngestAck;
import io.millrace.v1.ShardPlacement;
import io.millrace.v1.VectorBlock;
import io.millrace.v1.WriteOperation;
import io.millrace.v1.WriteRequest;
import io.millrace.v1.WriteResponse;
import io.millrace.v1.WriteResult;
import io.millrace.v1.Writer;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The queue in front of one shard: while one write is synced, the next operations gather, so that the batch grows with
 * the load and one sync serves many documents. A write is repeated until it succeeds or its time is up; the shard knows
 * repeated operations by (client id, sequence) and stamp, so this applies nothing twice.
 */
final class ShardLane extends Stage {
    private static final BatchLimits LIMITS = new BatchLimits(512, 4 << 20, 0);
    private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(10);
    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 500;

    private final DocumentPipeline pipeline;
    private final ShardPlacement placement;
    private final IndexServers servers;
    private final Duration retryLimit;

    ShardLane(DocumentPipeline pipeline, ShardPlacement placement, IndexServers servers, Duration retryLimit) {
        super("shard-" + pipeline.collection().getName() + "-" + placement.getShard(), LIMITS);
        this.pipeline = pipeline;
        this.placement = placement;
        this.servers = servers;
        this.retryLimit = retryLimit;
    }

    @Override
    long cost(PendingOperation operation) {
        return operation.bytes;
    }

    @Override
    void fail(PendingOperation operation, Status status) {
        pipeline.fail(operation, status);
    }

    @Override
    void process(List<PendingOperation> batch) throws InterruptedException {
        try {
            acknowledge(batch, writeUntilDone(request(batch)));
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT && batch.size() > 1) {
                // One operation spoils the batch: find out which.
                int half = batch.size() / 2;
                process(batch.subList(0, half));
                process(batch.subList(half, batch.size()));
            } else {
                batch.forEach(operation -> fail(operation, e.getStatus()));
            }
        } catch (InterruptedException e) {
            batch.forEach(
                    operation -> fail(operation, Status.UNAVAILABLE.withDescription("the coordinator is stopping")));
            throw e;
        } catch (RuntimeException e) {
            batch.forEach(operation -> fail(
                    operation,
                    Status.INTERNAL.withDescription("unexpected " + e + " while writing; please report it")));
        }
    }

    private WriteRequest request(List<PendingOperation> batch) {
        pipeline.metrics().writeBatch().add(batch.size());
        Collection collection = pipeline.collection();
        WriteRequest.Builder request = WriteRequest.newBuilder()
                .setShard(CollectionCatalog.shardRef(collection, placement.getShard()))
                .setEpoch(collection.getEpoch());
        Map<String, Integer> writers = new LinkedHashMap<>();
        Map<String, Long> ackedBelow = new LinkedHashMap<>();
        List<SparseVector> vectors = new ArrayList<>();
        for (PendingOperation operation : batch) {
            String client = operation.session.clientId();
            int writer = writers.computeIfAbsent(client, c -> writers.size());
            ackedBelow.merge(client, operation.operation.getAckedBelow(), Math::max);
            WriteOperation.Builder write = request.addOperationsBuilder()
                    .setWriter(writer)
                    .setSequence(operation.operation.getSequence())
                    .setStamp(operation.stamp)
                    .setId(operation.id());
            if (operation.vector != null) {
                write.setPut(operation.source());
                vectors.add(operation.vector);
            }
        }
        writers.keySet()
                .forEach(client -> request.addWriters(
                        Writer.newBuilder().setClientId(client).setAckedBelow(ackedBelow.getOrDefault(client, 0L))));
        byte[] payload = VectorBlockCodec.encode(vectors);
        return request.setVectors(VectorBlock.newBuilder()
                        .setCount(vectors.size())
                        .setPayload(ByteString.copyFrom(payload))
                        .setCrc32C(VectorBlockCodec.crc32c(payload)))
                .build();
    }

    private WriteResponse writeUntilDone(WriteRequest request) throws InterruptedException {
        long deadline = System.nanoTime() + retryLimit.toNanos();
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            try {
                return servers.blocking(placement.getServer(), WRITE_TIMEOUT).write(request);
            } catch (StatusRuntimeException e) {
                if (!mayHelpToRepeat(e.getStatus())) {
                    throw e;
                }
                if (System.nanoTime() + pause * 1_000_000 > deadline) {
                    throw Status.UNAVAILABLE
                            .withDescription("index server " + servers.address(placement.getServer())
                                    + " did not take the write within " + retryLimit.toSeconds() + " s: "
                                    + Refusals.inOneLine(e.getStatus()))
                            .asRuntimeException();
                }
                Thread.sleep(pause);
                pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
                servers.dialAgain(placement.getServer());
            }
        }
    }

    private static boolean mayHelpToRepeat(Status status) {
        return switch (status.getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, UNKNOWN -> true;
            // A server that was killed may leave the call cancelled; our own interrupt is seen by the sleep above.
            case CANCELLED -> !Thread.currentThread().isInterrupted();
            default -> false;
        };
    }

    private void acknowledge(List<PendingOperation> batch, WriteResponse response) {
        ConsistencyToken token = ConsistencyToken.newBuilder()
                .setShardMapEpoch(pipeline.collection().getShardMapEpoch())
                .putAppliedIndex(placement.getPlacementGroup(), response.getAppliedIndex())
                .build();
        for (int i = 0; i < batch.size(); i++) {
            WriteResult result = response.getResults(i);
            pipeline.succeed(
                    batch.get(i),
                    IngestAck.newBuilder()
                            .setApplied(result.getApplied())
                            .setStamp(result.getStamp())
                            .setToken(token));
        }
    }
}
