package io.millrace.coordinator;

import io.grpc.stub.StreamObserver;
import io.millrace.service.GrpcServer;
import io.millrace.service.Metrics;
import io.millrace.service.Refusals;
import io.millrace.service.ServerSettings;
import io.millrace.v1.CreateShardRequest;
import io.millrace.v1.CreateShardResponse;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.DropShardRequest;
import io.millrace.v1.DropShardResponse;
import io.millrace.v1.Filter;
import io.millrace.v1.IndexServerGrpc;
import io.millrace.v1.ShardGetRequest;
import io.millrace.v1.ShardGetResponse;
import io.millrace.v1.ShardHit;
import io.millrace.v1.ShardHits;
import io.millrace.v1.ShardRef;
import io.millrace.v1.ShardSearchBatchRequest;
import io.millrace.v1.ShardSearchBatchResponse;
import io.millrace.v1.ShardSearchRequest;
import io.millrace.v1.ShardSearchResponse;
import io.millrace.v1.ShardStats;
import io.millrace.v1.Stamp;
import io.millrace.v1.StatsRequest;
import io.millrace.v1.StatsResponse;
import io.millrace.v1.TermMatch;
import io.millrace.v1.TermStatisticsRequest;
import io.millrace.v1.TermStatisticsResponse;
import io.millrace.v1.WriteOperation;
import io.millrace.v1.WriteRequest;
import io.millrace.v1.WriteResponse;
import io.millrace.v1.WriteResult;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** An index server in memory, with put-if-newer and a session table. State outlives {@link #stop} and {@link #start}. */
public final class FakeIndexServer extends IndexServerGrpc.IndexServerImplBase implements AutoCloseable {
    record Stored(Stamp stamp, boolean deleted, DocumentSource source, SparseVector vector) {}

    static final class Shard {
        final Map<String, Stored> documents = new HashMap<>();
        final Map<String, WriteResult> sessions = new HashMap<>();
        long applied;
    }

    final Map<ShardRef, Shard> shards = new ConcurrentHashMap<>();
    final List<CreateShardRequest> created = new CopyOnWriteArrayList<>();
    final AtomicInteger writes = new AtomicInteger();
    final AtomicInteger batches = new AtomicInteger();
    /** Counts of terms asked for. */
    public final AtomicInteger termCounts = new AtomicInteger();

    private GrpcServer server;
    private Filter lastFilter = Filter.getDefaultInstance();

    /** Applied and then forgotten to be answered: what a crash between apply and answer looks like. */
    volatile int answersToLose;

    /** What the last batch asked of its shard. */
    volatile ShardSearchRequest lastOptions = ShardSearchRequest.getDefaultInstance();

    /** Results that are missing from answers to batches. */
    volatile int resultsToLose;

    public FakeIndexServer() {
        server = listen(0);
    }

    private GrpcServer listen(int port) {
        return GrpcServer.start(
                "fake-index",
                new ServerSettings("127.0.0.1", port, -1, Optional.empty(), 40 << 20, Duration.ZERO),
                new Metrics(),
                List.of(this));
    }

    public String address() {
        return server.address();
    }

    public void stop() {
        server.close();
    }

    void start() {
        server = listen(server.port());
    }

    int liveDocuments() {
        return shards.values().stream()
                .mapToInt(s -> (int)
                        s.documents.values().stream().filter(d -> !d.deleted()).count())
                .sum();
    }

    /** Stores a document without a call, as a batch of its own; an empty vector deletes it. */
    public synchronized long store(ShardRef ref, String id, SparseVector vector) {
        Shard shard = shards.computeIfAbsent(ref, r -> new Shard());
        shard.documents.put(
                id,
                new Stored(Stamp.getDefaultInstance(), vector.isEmpty(), DocumentSource.getDefaultInstance(), vector));
        return ++shard.applied;
    }

    @Override
    public synchronized void termStatistics(
            TermStatisticsRequest request, StreamObserver<TermStatisticsResponse> observer) {
        termCounts.incrementAndGet();
        Shard shard = require(request.getShard());
        List<SparseVector> live = shard.documents.values().stream()
                .filter(document -> !document.deleted())
                .map(Stored::vector)
                .toList();
        TermStatisticsResponse.Builder response =
                TermStatisticsResponse.newBuilder().setDocuments(live.size()).setAppliedIndex(shard.applied);
        for (int term : request.getTermIdsList()) {
            response.addDocumentFrequencies((int)
                    live.stream().filter(vector -> vector.weight(term) > 0).count());
        }
        reply(observer, response.build());
    }

    @Override
    public void createShard(CreateShardRequest request, StreamObserver<CreateShardResponse> observer) {
        created.add(request);
        boolean fresh = shards.putIfAbsent(request.getShard(), new Shard()) == null;
        reply(observer, CreateShardResponse.newBuilder().setCreated(fresh).build());
    }

    @Override
    public void dropShard(DropShardRequest request, StreamObserver<DropShardResponse> observer) {
        shards.remove(request.getShard());
        reply(observer, DropShardResponse.getDefaultInstance());
    }

    @Override
    public synchronized void write(WriteRequest request, StreamObserver<WriteResponse> observer) {
        writes.incrementAndGet();
        Shard shard = require(request.getShard());
        List<SparseVector> vectors = VectorBlockCodec.decode(
                request.getVectors().getPayload().toByteArray(),
                request.getVectors().getCount(),
                request.getVectors().getCrc32C());
        WriteResponse.Builder response = WriteResponse.newBuilder();
        int put = 0;
        for (WriteOperation operation : request.getOperationsList()) {
            SparseVector vector = operation.hasPut() ? vectors.get(put++) : SparseVector.EMPTY;
            String session = request.getWriters(operation.getWriter()).getClientId() + "/" + operation.getSequence();
            response.addResults(shard.sessions.computeIfAbsent(session, s -> apply(shard, operation, vector)));
        }
        shard.applied++;
        if (answersToLose > 0) {
            answersToLose--;
            throw Refusals.unavailable("the answer was lost");
        }
        reply(observer, response.setAppliedIndex(shard.applied).build());
    }

    private static WriteResult apply(Shard shard, WriteOperation operation, SparseVector vector) {
        Stored before = shard.documents.get(operation.getId());
        boolean newer = before == null
                || before.stamp().getTime() < operation.getStamp().getTime();
        if (newer) {
            shard.documents.put(
                    operation.getId(),
                    new Stored(operation.getStamp(), !operation.hasPut(), operation.getPut(), vector));
        }
        return WriteResult.newBuilder()
                .setApplied(newer)
                .setStamp(operation.getStamp())
                .build();
    }

    /** Filter of the latest search. */
    synchronized Filter lastFilter() {
        return lastFilter;
    }

    @Override
    public synchronized void search(ShardSearchRequest request, StreamObserver<ShardSearchResponse> observer) {
        Shard shard = require(request.getShard());
        lastFilter = request.getFilter();
        int[] ids = request.getQuery().getIdsList().stream()
                .mapToInt(Integer::intValue)
                .toArray();
        float[] weights = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            weights[i] = request.getQuery().getWeights(i);
        }
        reply(
                observer,
                ShardSearchResponse.newBuilder()
                        .setAppliedIndex(shard.applied)
                        .addAllHits(hits(shard, new SparseVector(ids, weights), request))
                        .build());
    }

    @Override
    public synchronized void searchBatch(
            ShardSearchBatchRequest request, StreamObserver<ShardSearchBatchResponse> observer) {
        batches.incrementAndGet();
        lastOptions = request.getOptions();
        Shard shard = require(request.getOptions().getShard());
        ShardSearchBatchResponse.Builder response =
                ShardSearchBatchResponse.newBuilder().setAppliedIndex(shard.applied);
        List<SparseVector> queries = VectorBlockCodec.decode(
                request.getQueries().getPayload().toByteArray(),
                request.getQueries().getCount(),
                request.getQueries().getCrc32C());
        for (SparseVector query : queries.subList(resultsToLose, queries.size())) {
            response.addResults(ShardHits.newBuilder().addAllHits(hits(shard, query, request.getOptions())));
        }
        reply(observer, response.build());
    }

    private static List<ShardHit> hits(Shard shard, SparseVector query, ShardSearchRequest options) {
        return shard.documents.entrySet().stream()
                .filter(e -> !e.getValue().deleted())
                .map(e -> ShardHit.newBuilder()
                        .setId(e.getKey())
                        .setScore((float) query.dot(e.getValue().vector()))
                        .addAllMatches(
                                options.getExplain()
                                        ? matches(query, e.getValue().vector())
                                        : List.of())
                        .setSource(
                                options.getIncludeSource()
                                        ? e.getValue().source()
                                        : DocumentSource.getDefaultInstance())
                        .build())
                .filter(hit -> hit.getScore() > 0)
                .sorted(Comparator.comparingDouble(ShardHit::getScore)
                        .reversed()
                        .thenComparing(ShardHit::getId))
                .limit(options.getK())
                .toList();
    }

    private static List<TermMatch> matches(SparseVector query, SparseVector document) {
        List<TermMatch> matches = new ArrayList<>();
        for (int i = 0; i < query.size(); i++) {
            float weight = document.weight(query.ids()[i]);
            if (weight > 0) {
                matches.add(TermMatch.newBuilder()
                        .setTermId(query.ids()[i])
                        .setQueryWeight(query.weights()[i])
                        .setDocumentWeight(weight)
                        .build());
            }
        }
        return matches;
    }

    @Override
    public synchronized void getDocument(ShardGetRequest request, StreamObserver<ShardGetResponse> observer) {
        Stored stored = require(request.getShard()).documents.get(request.getId());
        if (stored == null || stored.deleted()) {
            throw Refusals.notFound("no document '" + request.getId() + "'");
        }
        reply(
                observer,
                ShardGetResponse.newBuilder()
                        .setSource(stored.source())
                        .setStamp(stored.stamp())
                        .build());
    }

    @Override
    public synchronized void stats(StatsRequest request, StreamObserver<StatsResponse> observer) {
        StatsResponse.Builder response = StatsResponse.newBuilder();
        shards.forEach((ref, shard) -> response.addShards(ShardStats.newBuilder()
                .setShard(ref)
                .setDocuments(shard.documents.values().stream()
                        .filter(d -> !d.deleted())
                        .count())));
        reply(observer, response.build());
    }

    private Shard require(ShardRef ref) {
        Shard shard = shards.get(ref);
        if (shard == null) {
            throw Refusals.notFound("no such shard");
        }
        return shard;
    }

    private static <T> void reply(StreamObserver<T> observer, T message) {
        observer.onNext(message);
        observer.onCompleted();
    }

    @Override
    public void close() {
        server.close();
    }
}
