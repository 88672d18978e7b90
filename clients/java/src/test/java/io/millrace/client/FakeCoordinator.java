package io.millrace.client;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.v1.BatchQuery;
import io.millrace.v1.Collection;
import io.millrace.v1.CoordinatorGrpc;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.DescribeCollectionRequest;
import io.millrace.v1.Document;
import io.millrace.v1.DropCollectionRequest;
import io.millrace.v1.DropCollectionResponse;
import io.millrace.v1.EncodeRequest;
import io.millrace.v1.EncodeResponse;
import io.millrace.v1.GetDocumentRequest;
import io.millrace.v1.GetDocumentResponse;
import io.millrace.v1.Hit;
import io.millrace.v1.IngestRequest;
import io.millrace.v1.IngestResponse;
import io.millrace.v1.ListCollectionsRequest;
import io.millrace.v1.ListCollectionsResponse;
import io.millrace.v1.SearchBatchRequest;
import io.millrace.v1.SearchBatchResponse;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SearchResponse;
import io.millrace.v1.TermMatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A coordinator written for tests: a real gRPC server on loopback over documents in memory. A term is a lower-case word,
 * its weight the number of times it occurs, its id the hash of the word.
 */
public final class FakeCoordinator extends CoordinatorGrpc.CoordinatorImplBase implements AutoCloseable {
    private final FakeIngest ingest = new FakeIngest();
    private final Map<String, Collection> collections = new ConcurrentSkipListMap<>();
    private final List<Integer> batchSizes = new CopyOnWriteArrayList<>();
    private volatile CreateCollectionRequest lastCreated = CreateCollectionRequest.getDefaultInstance();
    private volatile SearchRequest lastSearch = SearchRequest.getDefaultInstance();
    private @Nullable Server server;
    private int port;

    /** A fake that is not started. */
    public FakeCoordinator(String... collectionNames) {
        for (String name : collectionNames) {
            collections.put(name, collection(name));
        }
    }

    /** Starts on any free port, or again on the port it had. */
    public FakeCoordinator start() {
        try {
            server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                    .executor(Executors.newVirtualThreadPerTaskExecutor())
                    .addService(this)
                    .build()
                    .start();
            port = server.getPort();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends every call and stops listening, as a killed process would. */
    public void stop() {
        Server running = server;
        if (running != null) {
            running.shutdownNow();
            try {
                running.awaitTermination(5, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            server = null;
        }
    }

    /** Where it listens, {@code host:port}. */
    public String target() {
        return "127.0.0.1:" + port;
    }

    /** Its ingest, with the documents. */
    public FakeIngest ingest() {
        return ingest;
    }

    @Override
    public void close() {
        stop();
    }

    @Override
    public StreamObserver<IngestRequest> ingest(StreamObserver<IngestResponse> responses) {
        return ingest.open(responses);
    }

    /** What the last collection was created with. */
    public CreateCollectionRequest lastCreated() {
        return lastCreated;
    }

    /** Options of the last search. */
    public SearchRequest lastSearch() {
        return lastSearch;
    }

    @Override
    public void createCollection(CreateCollectionRequest request, StreamObserver<Collection> response) {
        lastCreated = request;
        if (collections.putIfAbsent(request.getName(), collection(request.getName())) != null) {
            fail(response, Status.ALREADY_EXISTS, "collection '" + request.getName() + "' exists already");
            return;
        }
        answer(response, collection(request.getName()));
    }

    @Override
    public void describeCollection(DescribeCollectionRequest request, StreamObserver<Collection> response) {
        if (known(request.getName(), response)) {
            answer(response, collection(request.getName()));
        }
    }

    @Override
    public void listCollections(ListCollectionsRequest request, StreamObserver<ListCollectionsResponse> response) {
        answer(
                response,
                ListCollectionsResponse.newBuilder()
                        .addAllCollections(collections.values())
                        .build());
    }

    @Override
    public void dropCollection(DropCollectionRequest request, StreamObserver<DropCollectionResponse> response) {
        if (known(request.getName(), response)) {
            collections.remove(request.getName());
            answer(response, DropCollectionResponse.getDefaultInstance());
        }
    }

    @Override
    public void getDocument(GetDocumentRequest request, StreamObserver<GetDocumentResponse> response) {
        Document document = ingest.documents().get(request.getId());
        if (document == null) {
            fail(response, Status.NOT_FOUND, "no document '" + request.getId() + "'");
            return;
        }
        answer(response, GetDocumentResponse.newBuilder().setDocument(document).build());
    }

    @Override
    public void search(SearchRequest request, StreamObserver<SearchResponse> response) {
        lastSearch = request;
        if (!known(request.getCollection(), response)) {
            return;
        }
        SearchResponse.Builder answer = SearchResponse.newBuilder()
                .addAllHits(hits(request.getText(), request))
                .setQueryTerms(words(request.getText()).size());
        answer.setQueryTruncatedTokens(FakeIngest.truncated(request.getText()));
        answer.getCoverageBuilder().setShardsOk(2).setShardsTotal(2).setGeneration(1);
        answer(response, answer.build());
    }

    /** As {@link #search}; a text with the word "poison" is at fault. */
    @Override
    public void searchBatch(SearchBatchRequest request, StreamObserver<SearchBatchResponse> response) {
        if (!known(request.getOptions().getCollection(), response)) {
            return;
        }
        batchSizes.add(request.getQueriesCount());
        SearchBatchResponse.Builder answer = SearchBatchResponse.newBuilder();
        answer.getCoverageBuilder().setShardsOk(2).setShardsTotal(2).setGeneration(1);
        for (BatchQuery query : request.getQueriesList()) {
            if (words(query.getText()).containsKey("poison")) {
                answer.addResultsBuilder()
                        .getErrorBuilder()
                        .setCode(Status.Code.INVALID_ARGUMENT.value())
                        .setMessage("this text cannot be encoded");
            } else {
                answer.addResultsBuilder()
                        .addAllHits(hits(query.getText(), request.getOptions()))
                        .setQueryTerms(words(query.getText()).size())
                        .setQueryTruncatedTokens(FakeIngest.truncated(query.getText()));
            }
        }
        answer(response, answer.build());
    }

    /** Number of queries of each batch so far. */
    public List<Integer> batchSizes() {
        return batchSizes;
    }

    private List<Hit> hits(String text, SearchRequest request) {
        Map<String, Integer> query = words(text);
        return ingest.documents().values().stream()
                .map(document -> hit(query, document, request))
                .filter(hit -> hit.getScore() > 0)
                .sorted(Comparator.comparingDouble(Hit::getScore).reversed().thenComparing(Hit::getId))
                .limit(request.getK())
                .toList();
    }

    @Override
    public void encode(EncodeRequest request, StreamObserver<EncodeResponse> response) {
        EncodeResponse.Builder answer = EncodeResponse.newBuilder().setSpaceId("fake");
        for (String text : request.getTextsList()) {
            Map<Integer, Map.Entry<String, Integer>> byId = new TreeMap<>(Integer::compareUnsigned);
            words(text).entrySet().forEach(word -> byId.put(word.getKey().hashCode(), word));
            var encoded = answer.addVectorsBuilder()
                    .setTokens(byId.size() + 2)
                    .setTruncatedTokens(FakeIngest.truncated(text));
            byId.forEach((id, word) -> {
                encoded.getVectorBuilder().addIds(id).addWeights(word.getValue());
                encoded.addTerms(word.getKey());
            });
        }
        answer(response, answer.build());
    }

    private static Hit hit(Map<String, Integer> query, Document document, SearchRequest request) {
        Hit.Builder hit = Hit.newBuilder().setId(document.getId());
        if (request.getIncludeSource()) {
            hit.setSource(document.getSource());
        }
        Map<String, Integer> words = words(document.getSource().getText());
        query.forEach((word, count) -> {
            int weight = words.getOrDefault(word, 0);
            hit.setScore(hit.getScore() + count * weight);
            if (weight > 0 && request.getExplain()) {
                hit.addMatches(TermMatch.newBuilder()
                        .setTermId(word.hashCode())
                        .setTerm(word)
                        .setQueryWeight(count)
                        .setDocumentWeight(weight));
            }
        });
        return hit.build();
    }

    private static Map<String, Integer> words(String text) {
        Map<String, Integer> words = new TreeMap<>();
        for (String word : List.of(text.toLowerCase(Locale.ROOT).split("\\W+"))) {
            words.merge(word, 1, Integer::sum);
        }
        words.remove("");
        return words;
    }

    private Collection collection(String name) {
        return Collection.newBuilder()
                .setName(name)
                .setGeneration(1)
                .setEpoch(1)
                .setSpaceId("fake")
                .setDocuments(ingest.documents().size())
                .build();
    }

    private boolean known(String name, StreamObserver<?> response) {
        if (collections.containsKey(name)) {
            return true;
        }
        fail(response, Status.NOT_FOUND, "no collection '" + name + "'");
        return false;
    }

    private static <T> void answer(StreamObserver<T> response, T message) {
        response.onNext(message);
        response.onCompleted();
    }

    private static void fail(StreamObserver<?> response, Status status, String message) {
        response.onError(status.withDescription(message).asRuntimeException());
    }
}
