package io.millrace.client;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.v1.Document;
import io.millrace.v1.IngestAck;
import io.millrace.v1.IngestOperation;
import io.millrace.v1.IngestReady;
import io.millrace.v1.IngestRequest;
import io.millrace.v1.IngestResponse;
import io.millrace.v1.ItemError;
import io.millrace.v1.Stamp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * The ingest of a fake coordinator: keeps documents in memory, carries out each (client id, sequence) once, and
 * misbehaves as its script says. Everything is guarded by its monitor.
 */
public final class FakeIngest {
    /** What to do with an operation that has arrived. */
    public enum Reaction {
        /** Apply and acknowledge. */
        ACK,
        /** Apply and acknowledge twice. */
        ACK_TWICE,
        /** Apply, then lose the stream before acknowledging. */
        APPLY_AND_LOSE,
        /** Lose the stream without applying. */
        LOSE,
        /** Refuse the document for good. */
        REFUSE,
        /** Say that it may be sent again. */
        UNAVAILABLE,
        /** Neither apply nor say anything. */
        IGNORE
    }

    private final Map<String, Document> documents = new LinkedHashMap<>();
    private final Map<String, Stamp> sessions = new HashMap<>();
    private final List<IngestOperation> received = new ArrayList<>();
    private final Map<String, Integer> applications = new HashMap<>();
    private final List<String> clientIds = new ArrayList<>();
    private Function<IngestOperation, Reaction> script = operation -> Reaction.ACK;
    private Status openRefusal = Status.OK;
    private long clock = 1;

    /** Permits to read operations; drained, the server stops reading. */
    private final Semaphore reads = new Semaphore(Integer.MAX_VALUE);

    /** Decides each operation's fate; asked under the monitor, in order of arrival. */
    public synchronized void script(Function<IngestOperation, Reaction> newScript) {
        script = newScript;
    }

    /** Refuses every stream; OK accepts again. */
    public synchronized void refuseStreams(Status status) {
        openRefusal = status;
    }

    /** Stops reading. */
    public void stopReading() {
        reads.drainPermits();
    }

    /** Reads so many operations more. */
    public void read(int operations) {
        reads.release(operations);
    }

    /** Documents stored, in the order of their first put. */
    public synchronized Map<String, Document> documents() {
        return new LinkedHashMap<>(documents);
    }

    /** Every operation that arrived, repetitions included. */
    public synchronized List<IngestOperation> received() {
        return List.copyOf(received);
    }

    /** How often each id was written. */
    public synchronized Map<String, Integer> applications() {
        return Map.copyOf(applications);
    }

    /** Client id of every stream opened. */
    public synchronized List<String> clientIds() {
        return List.copyOf(clientIds);
    }

    StreamObserver<IngestRequest> open(StreamObserver<IngestResponse> responses) {
        ServerCallStreamObserver<IngestResponse> call = (ServerCallStreamObserver<IngestResponse>) responses;
        call.disableAutoRequest();
        call.request(1);
        return new StreamObserver<>() {
            private String clientId = "";
            private boolean over;

            @Override
            public void onNext(IngestRequest request) {
                reads.acquireUninterruptibly();
                synchronized (FakeIngest.this) {
                    if (!over) {
                        over = !handle(request);
                    }
                }
                call.request(1);
            }

            private boolean handle(IngestRequest request) {
                if (request.hasOpen()) {
                    clientId = request.getOpen().getClientId();
                    clientIds.add(clientId);
                    if (!openRefusal.isOk()) {
                        call.onError(openRefusal.asRuntimeException());
                        return false;
                    }
                    call.onNext(IngestResponse.newBuilder()
                            .setReady(
                                    IngestReady.newBuilder().setMaxInFlight(64).setGeneration(1))
                            .build());
                    return true;
                }
                IngestOperation operation = request.getOperation();
                received.add(operation);
                return react(call, clientId, operation);
            }

            @Override
            public void onError(Throwable error) {
                over = true;
            }

            @Override
            public void onCompleted() {
                if (!over) {
                    call.onCompleted();
                }
            }
        };
    }

    private boolean react(StreamObserver<IngestResponse> call, String clientId, IngestOperation operation) {
        switch (script.apply(operation)) {
            case ACK -> call.onNext(acknowledge(clientId, operation));
            case ACK_TWICE -> {
                IngestResponse ack = acknowledge(clientId, operation);
                call.onNext(ack);
                call.onNext(ack);
            }
            case APPLY_AND_LOSE -> {
                acknowledge(clientId, operation);
                call.onError(Status.UNAVAILABLE.withDescription("lost").asRuntimeException());
                return false;
            }
            case LOSE -> {
                call.onError(Status.UNAVAILABLE.withDescription("lost").asRuntimeException());
                return false;
            }
            case REFUSE -> call.onNext(error(operation, Status.Code.INVALID_ARGUMENT, "source.text"));
            case UNAVAILABLE -> call.onNext(error(operation, Status.Code.UNAVAILABLE, ""));
            case IGNORE -> {}
        }
        return true;
    }

    private IngestResponse acknowledge(String clientId, IngestOperation operation) {
        Stamp stamp = sessions.computeIfAbsent(clientId + "/" + operation.getSequence(), session -> {
            String id = operation.hasPut() ? operation.getPut().getId() : operation.getDeleteId();
            applications.merge(id, 1, Integer::sum);
            if (operation.hasPut()) {
                documents.put(id, operation.getPut());
            } else {
                documents.remove(id);
            }
            return Stamp.newBuilder().setTime(clock++).build();
        });
        IngestAck.Builder ack = IngestAck.newBuilder()
                .setSequence(operation.getSequence())
                .setStamp(stamp)
                .setApplied(true)
                .setTruncatedTokens(truncated(operation.getPut().getSource().getText()));
        ack.getTokenBuilder().setShardMapEpoch(1).putAppliedIndex((int) operation.getSequence() % 2, stamp.getTime());
        return IngestResponse.newBuilder().setAck(ack).build();
    }

    /** As of a model that reads 100 words. */
    static int truncated(String text) {
        return Math.max(0, text.split(" ", -1).length - 100);
    }

    private static IngestResponse error(IngestOperation operation, Status.Code code, String field) {
        return IngestResponse.newBuilder()
                .setAck(IngestAck.newBuilder()
                        .setSequence(operation.getSequence())
                        .setError(ItemError.newBuilder()
                                .setCode(code.value())
                                .setField(field)
                                .setMessage("refused by the script")))
                .build();
    }
}
