package io.millrace.index.service;

import com.google.protobuf.Message;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.index.record.StoreException;
import io.millrace.index.snapshot.SnapshotDirectory;
import io.millrace.service.Refusals;
import io.millrace.v1.BulkLoadResponse;
import io.millrace.v1.CreateShardRequest;
import io.millrace.v1.CreateShardResponse;
import io.millrace.v1.DropShardRequest;
import io.millrace.v1.DropShardResponse;
import io.millrace.v1.IndexServerGrpc;
import io.millrace.v1.ShardGetRequest;
import io.millrace.v1.ShardGetResponse;
import io.millrace.v1.ShardSearchBatchRequest;
import io.millrace.v1.ShardSearchBatchResponse;
import io.millrace.v1.ShardSearchRequest;
import io.millrace.v1.ShardSearchResponse;
import io.millrace.v1.SnapshotShardRequest;
import io.millrace.v1.SnapshotShardResponse;
import io.millrace.v1.StatsRequest;
import io.millrace.v1.StatsResponse;
import io.millrace.v1.TermStatisticsRequest;
import io.millrace.v1.TermStatisticsResponse;
import io.millrace.v1.WriteRequest;
import io.millrace.v1.WriteResponse;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Routes calls to their handlers. Every call checks on entry that its caller still waits, and a failure of storage
 * leaves with the status that fits it. Handlers may block: they run on virtual threads.
 */
public final class IndexService extends IndexServerGrpc.IndexServerImplBase {
    private final ShardRegistry shards;
    private final IndexMetrics metrics;
    private final ShardLifecycle lifecycle;
    private final WriteHandler writes;
    private final SearchHandler searches;
    private final SearchBatchHandler batches;
    private final TermStatisticsHandler terms;
    private final GetDocumentHandler documents;
    private final StatsHandler stats;
    private final SnapshotHandler snapshots;
    private volatile Runnable onFailure = () -> {};

    /**
     * @param shards shards of this server
     * @param pool where searches run
     * @param metrics where latencies go
     * @param snapshots where snapshots go; empty refuses to take any
     */
    public IndexService(
            ShardRegistry shards, SearchPool pool, IndexMetrics metrics, Optional<SnapshotDirectory> snapshots) {
        this.shards = shards;
        this.metrics = metrics;
        this.lifecycle = new ShardLifecycle(shards);
        this.writes = new WriteHandler(shards, metrics);
        this.searches = new SearchHandler(shards, pool, metrics);
        this.batches = new SearchBatchHandler(shards, pool, metrics);
        this.terms = new TermStatisticsHandler(shards, pool, metrics);
        this.documents = new GetDocumentHandler(shards);
        this.stats = new StatsHandler(shards);
        this.snapshots = new SnapshotHandler(shards, snapshots);
    }

    /** What to do when a shard stops writing for good. */
    public void onFailure(Runnable action) {
        onFailure = action;
    }

    @Override
    public void createShard(CreateShardRequest request, StreamObserver<CreateShardResponse> observer) {
        answer(observer, () -> lifecycle.create(request));
    }

    @Override
    public void dropShard(DropShardRequest request, StreamObserver<DropShardResponse> observer) {
        answer(observer, () -> lifecycle.drop(request));
    }

    @Override
    public void write(WriteRequest request, StreamObserver<WriteResponse> observer) {
        answer(observer, () -> writes.write(request));
    }

    @Override
    public StreamObserver<WriteRequest> bulkLoad(StreamObserver<BulkLoadResponse> observer) {
        return BulkLoadStream.open(
                shards, metrics, (ServerCallStreamObserver<BulkLoadResponse>) observer, this::refusal);
    }

    @Override
    public void search(ShardSearchRequest request, StreamObserver<ShardSearchResponse> observer) {
        answer(observer, () -> searches.search(request));
    }

    @Override
    public void searchBatch(ShardSearchBatchRequest request, StreamObserver<ShardSearchBatchResponse> observer) {
        answer(observer, () -> batches.search(request));
    }

    @Override
    public void termStatistics(TermStatisticsRequest request, StreamObserver<TermStatisticsResponse> observer) {
        answer(observer, () -> terms.count(request));
    }

    @Override
    public void getDocument(ShardGetRequest request, StreamObserver<ShardGetResponse> observer) {
        answer(observer, () -> documents.get(request));
    }

    @Override
    public void stats(StatsRequest request, StreamObserver<StatsResponse> observer) {
        answer(observer, () -> stats.stats(request));
    }

    @Override
    public void snapshotShard(SnapshotShardRequest request, StreamObserver<SnapshotShardResponse> observer) {
        answer(observer, () -> snapshots.snapshot(request));
    }

    private <T extends Message> void answer(StreamObserver<T> observer, Supplier<T> handler) {
        Refusals.requireTimeLeft();
        T response;
        try {
            response = handler.get();
        } catch (StoreException e) {
            throw refusal(e);
        }
        observer.onNext(response);
        observer.onCompleted();
    }

    private StatusRuntimeException refusal(StoreException e) {
        if (e.kind() == StoreException.Kind.FAILED) {
            onFailure.run();
        }
        return StoreRefusals.of(e);
    }
}
