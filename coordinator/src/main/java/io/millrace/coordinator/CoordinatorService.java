package io.millrace.coordinator;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.coordinator.catalog.CollectionCatalog;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.coordinator.encode.WorkerPool;
import io.millrace.coordinator.ingest.IngestStreams;
import io.millrace.coordinator.search.SearchFanout;
import io.millrace.service.Refusals;
import io.millrace.v1.Collection;
import io.millrace.v1.CoordinatorGrpc;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.DescribeCollectionRequest;
import io.millrace.v1.DropCollectionRequest;
import io.millrace.v1.DropCollectionResponse;
import io.millrace.v1.EncodeRequest;
import io.millrace.v1.EncodeResponse;
import io.millrace.v1.GetDocumentRequest;
import io.millrace.v1.GetDocumentResponse;
import io.millrace.v1.IngestRequest;
import io.millrace.v1.IngestResponse;
import io.millrace.v1.ListCollectionsRequest;
import io.millrace.v1.ListCollectionsResponse;
import io.millrace.v1.SearchBatchRequest;
import io.millrace.v1.SearchBatchResponse;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SearchResponse;
import io.millrace.v1.StatusRequest;
import io.millrace.v1.StatusResponse;
import java.util.concurrent.Callable;

/** The coordinator's calls; each hands on to the part that does the work. Handlers may block: they run on virtual threads. */
final class CoordinatorService extends CoordinatorGrpc.CoordinatorImplBase {
    /** What calls are handed on to. */
    record Parts(
            CollectionCatalog catalog,
            IngestStreams ingest,
            SearchFanout search,
            WorkerPool workers,
            IndexServers servers) {}

    private final Parts parts;
    private final DocumentLookup documents;
    private final TextEncoding encoding;

    CoordinatorService(Parts parts, CoordinatorConfig config) {
        this.parts = parts;
        this.documents = new DocumentLookup(parts.catalog(), parts.servers(), config.searchTimeout());
        this.encoding = new TextEncoding(parts.workers(), parts.catalog(), config);
    }

    @Override
    public void createCollection(CreateCollectionRequest request, StreamObserver<Collection> observer) {
        answer(observer, () -> parts.catalog().create(request));
    }

    @Override
    public void describeCollection(DescribeCollectionRequest request, StreamObserver<Collection> observer) {
        answer(observer, () -> withDocuments(parts.catalog().require(request.getName())));
    }

    @Override
    public void listCollections(ListCollectionsRequest request, StreamObserver<ListCollectionsResponse> observer) {
        answer(observer, () -> {
            ListCollectionsResponse.Builder response = ListCollectionsResponse.newBuilder();
            parts.catalog().all().forEach(collection -> response.addCollections(withDocuments(collection)));
            return response.build();
        });
    }

    @Override
    public void dropCollection(DropCollectionRequest request, StreamObserver<DropCollectionResponse> observer) {
        answer(observer, () -> {
            parts.catalog().require(request.getName());
            parts.ingest().drop(request.getName());
            parts.catalog().drop(request.getName());
            return DropCollectionResponse.getDefaultInstance();
        });
    }

    @Override
    public StreamObserver<IngestRequest> ingest(StreamObserver<IngestResponse> observer) {
        return parts.ingest().accept((ServerCallStreamObserver<IngestResponse>) observer);
    }

    @Override
    public void search(SearchRequest request, StreamObserver<SearchResponse> observer) {
        answer(observer, () -> parts.search().search(request));
    }

    @Override
    public void searchBatch(SearchBatchRequest request, StreamObserver<SearchBatchResponse> observer) {
        answer(observer, () -> parts.search().searchBatch(request));
    }

    @Override
    public void getDocument(GetDocumentRequest request, StreamObserver<GetDocumentResponse> observer) {
        answer(observer, () -> documents.get(request));
    }

    @Override
    public void encode(EncodeRequest request, StreamObserver<EncodeResponse> observer) {
        answer(observer, () -> encoding.encode(request));
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
        answer(observer, () -> {
            String version = Coordinator.class.getPackage().getImplementationVersion();
            return StatusResponse.newBuilder()
                    .setVersion(version == null ? "development" : version)
                    .addAllMembers(parts.workers().members())
                    .addAllMembers(documents.members())
                    .build();
        });
    }

    private Collection withDocuments(Collection collection) {
        return collection.toBuilder()
                .setDocuments(parts.catalog().documents(collection))
                .build();
    }

    private static <T> void answer(StreamObserver<T> observer, Callable<T> work) {
        T result;
        try {
            Refusals.requireTimeLeft();
            result = work.call();
        } catch (StatusRuntimeException e) {
            observer.onError(e);
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            observer.onError(
                    Status.CANCELLED.withDescription("the call was cancelled").asRuntimeException());
            return;
        } catch (RuntimeException e) {
            throw e; // a defect: the server's interceptor logs it and answers
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        observer.onNext(result);
        observer.onCompleted();
    }
}
