package io.millrace.coordinator.ingest;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.service.Refusals;
import io.millrace.v1.IngestAck;
import io.millrace.v1.IngestOpen;
import io.millrace.v1.IngestOperation;
import io.millrace.v1.IngestReady;
import io.millrace.v1.IngestRequest;
import io.millrace.v1.IngestResponse;
import io.millrace.v1.ItemError;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's ingest stream. Takes at most a window of operations (by count and by bytes) off the transport until their
 * acks have left, so that a slow cluster, or a client that does not read its acks, holds memory flat and the sender back.
 *
 * <p>Operations of one stream on the same id pass the pipeline one after the other. So an acked operation can never be
 * undone by an earlier one that the client sends again after a crash.
 *
 * <p>Called by gRPC and by the pipeline's threads; its state is guarded by its lock.
 */
public final class IngestSession implements StreamObserver<IngestRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(IngestSession.class);
    // Messages asked of the transport ahead; each may be as large as a text, so this bounds the overshoot in bytes.
    private static final int MAX_ASKED = 16;
    private static final int MAX_BYTES = 8 << 20;
    private static final int MAX_CLIENT_ID_BYTES = 128;

    private final ServerCallStreamObserver<IngestResponse> responses;
    private final IngestStreams streams;
    private final Queue<IngestResponse> unsent = new ArrayDeque<>();
    /** The last operation under way for an id. */
    private final Map<String, PendingOperation> tails = new HashMap<>();

    private @Nullable DocumentPipeline pipeline;
    private String clientId = "";
    /** Operations taken and whose ack has not left. */
    private int inFlight;
    /** Bytes of operations not yet settled. */
    private long inFlightBytes;
    /** Messages asked of the transport and not yet arrived. */
    private int asked;

    private boolean halfClosed;
    private boolean ended;

    IngestSession(ServerCallStreamObserver<IngestResponse> responses, IngestStreams streams) {
        this.responses = responses;
        this.streams = streams;
    }

    /** Wires the stream up; call before the handler returns. */
    void begin() {
        responses.disableAutoRequest();
        responses.setOnReadyHandler(this::send);
        responses.setOnCancelHandler(this::abandon);
        synchronized (this) {
            asked = 1;
        }
        responses.request(1);
    }

    @Override
    public void onNext(IngestRequest request) {
        switch (request.getKindCase()) {
            case OPEN -> open(request.getOpen());
            case OPERATION -> take(request.getOperation());
            case KIND_NOT_SET -> throw Refusals.invalidArgument("kind", "is missing; send open first, then operations");
        }
        send();
    }

    @Override
    public void onError(Throwable t) {
        abandon();
    }

    @Override
    public void onCompleted() {
        synchronized (this) {
            halfClosed = true;
        }
        send();
    }

    /** Name of the writer. */
    String clientId() {
        return clientId;
    }

    /** Takes an operation's outcome from the pipeline. */
    void settle(PendingOperation operation, IngestAck ack) {
        PendingOperation next;
        synchronized (this) {
            inFlightBytes -= operation.bytes;
            acknowledge(ack);
            next = operation.successor;
            if (next == null) {
                tails.remove(operation.id(), operation);
            }
        }
        if (next != null) {
            boolean maySendAgain = ack.hasError() && ack.getError().getCode() == Status.Code.UNAVAILABLE.value();
            if (maySendAgain) {
                // The client will send this one again, with a later stamp: what follows it must come after that.
                settle(next, failure(next.operation.getSequence(), ack.getError()));
            } else {
                requirePipeline().submit(next);
            }
        }
        send();
    }

    static IngestAck failure(long sequence, ItemError error) {
        return IngestAck.newBuilder().setSequence(sequence).setError(error).build();
    }

    private void open(IngestOpen open) {
        int clientIdBytes = open.getClientIdBytes().size();
        if (clientIdBytes < 1 || clientIdBytes > MAX_CLIENT_ID_BYTES) {
            throw Refusals.invalidArgument(
                    "open.client_id",
                    "has " + clientIdBytes + " bytes; name the writer with 1 to " + MAX_CLIENT_ID_BYTES);
        }
        synchronized (this) {
            if (pipeline != null) {
                throw Refusals.invalidArgument("open", "was sent twice; send it once, first");
            }
        }
        DocumentPipeline opened = streams.pipeline(open.getCollection());
        IngestReady ready = IngestReady.newBuilder()
                .setMaxInFlight(streams.config().maxInFlight())
                .setGeneration(opened.collection().getGeneration())
                .setSpaceId(opened.collection().getSpaceId())
                .setMaxTextBytes(streams.config().maxTextBytes())
                .build();
        synchronized (this) {
            pipeline = opened;
            clientId = open.getClientId();
            asked--;
            inFlight++; // this answer, like an ack
            unsent.add(IngestResponse.newBuilder().setReady(ready).build());
        }
        LOG.info("ingest stream opened: collection={} client={}", open.getCollection(), open.getClientId());
    }

    private void take(IngestOperation operation) {
        DocumentPipeline opened = requirePipeline();
        ItemError problem = OperationCheck.problem(operation, streams.config().maxTextBytes());
        PendingOperation pending = new PendingOperation(this, operation, opened.nextStamp());
        synchronized (this) {
            asked--;
            inFlight++;
            if (problem != null) {
                acknowledge(failure(operation.getSequence(), problem));
                return;
            }
            inFlightBytes += pending.bytes;
            PendingOperation before = tails.put(pending.id(), pending);
            if (before != null) {
                before.successor = pending;
                return;
            }
        }
        opened.submit(pending);
    }

    private synchronized DocumentPipeline requirePipeline() {
        if (pipeline == null) {
            throw Refusals.invalidArgument("open", "is missing; the first message of a stream names the collection");
        }
        return pipeline;
    }

    private synchronized void acknowledge(IngestAck ack) {
        if (!ended) {
            unsent.add(IngestResponse.newBuilder().setAck(ack).build());
        }
    }

    /** Sends what the transport takes, asks for as much as the window allows, and ends a finished stream. */
    private synchronized void send() {
        if (ended) {
            return;
        }
        while (!unsent.isEmpty() && responses.isReady()) {
            responses.onNext(unsent.remove());
            inFlight--;
        }
        int room = Math.min(MAX_ASKED - asked, streams.config().maxInFlight() - inFlight - asked);
        if (room > 0 && inFlightBytes < MAX_BYTES && !halfClosed) {
            asked += room;
            responses.request(room);
        }
        if (halfClosed && inFlight == 0) {
            end();
            responses.onCompleted();
        }
    }

    private synchronized void abandon() {
        if (!ended) {
            LOG.info("ingest stream lost: client={} unacknowledged={}", clientId, inFlight);
            end();
        }
    }

    private void end() {
        ended = true;
        unsent.clear();
        streams.ended();
    }
}
