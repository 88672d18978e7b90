package io.millrace.client;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.millrace.v1.CoordinatorGrpc;
import io.millrace.v1.IngestOpen;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** The one thread that sends for a stream: opens calls, feeds them from the window, and opens another when one is lost. */
final class IngestSender implements Runnable {
    private final ManagedChannel channel;
    private final ClientOptions client;
    private final IngestOptions options;
    private final IngestWindow window;
    private final IngestResults results;

    IngestSender(
            ManagedChannel channel,
            ClientOptions client,
            IngestOptions options,
            IngestWindow window,
            IngestResults results) {
        this.channel = channel;
        this.client = client;
        this.options = options;
        this.window = window;
        this.results = results;
    }

    @Override
    public void run() {
        try {
            sendUntilDone();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            window.fail(new MillraceException(Status.Code.CANCELLED, "the ingest stream was interrupted"));
        } catch (RuntimeException e) {
            MillraceException failure = new MillraceException(Status.Code.INTERNAL, "the ingest stream failed: " + e);
            failure.initCause(e);
            window.fail(failure);
        }
    }

    private void sendUntilDone() throws InterruptedException {
        int failures = 0;
        long acknowledgedBefore = 0;
        long troubleSince = System.nanoTime();
        while (window.awaitWork()) {
            Status end = converse();
            if (end == null || window.hasFailed()) {
                return;
            }
            long acknowledged = window.statistics().acknowledged();
            if (failures == 0 || acknowledged > acknowledgedBefore) {
                failures = 0;
                troubleSince = System.nanoTime();
            }
            acknowledgedBefore = acknowledged;
            failures++;
            MillraceException reason = MillraceException.of(end, client.target(), null);
            Duration trouble = Duration.ofNanos(System.nanoTime() - troubleSince);
            if (!mayPass(end.getCode())) {
                window.fail(reason);
                return;
            }
            if (trouble.compareTo(options.retry().giveUpAfter()) > 0) {
                window.fail(new MillraceException(
                        end.getCode(),
                        "gave up after " + failures + " attempts in " + trouble.toSeconds() + " s; the last one: "
                                + reason.getMessage()));
                return;
            }
            Duration delay =
                    options.retry().delay(failures, ThreadLocalRandom.current().nextDouble());
            results.reconnecting(reason.getMessage(), failures, delay);
            window.pause(delay);
        }
    }

    /** Runs one call to its end; null when everything is done, else why it ended. */
    private @Nullable Status converse() throws InterruptedException {
        IngestCall call = new IngestCall(results::accept, window::wake);
        // The channel has delays of its own, up to minutes; ours decide.
        channel.resetConnectBackoff();
        IngestOpen open = IngestOpen.newBuilder()
                .setCollection(options.collection())
                .setClientId(options.writer().clientId())
                .build();
        try {
            if (!call.open(CoordinatorGrpc.newStub(channel), open, client.callTimeout())) {
                return endOf(call);
            }
            window.rewind();
            while (true) {
                switch (window.next(call)) {
                    case IngestWindow.Step.Send(var operation) -> call.send(operation);
                    case IngestWindow.Step.Drained() -> {
                        call.finish(client.callTimeout());
                        return null;
                    }
                    case IngestWindow.Step.Lost() -> {
                        return endOf(call);
                    }
                    case IngestWindow.Step.Stalled() -> {
                        call.abandon(Status.DEADLINE_EXCEEDED.withDescription("nothing was acknowledged for "
                                + options.retry().stallTimeout().toMillis() + " ms"));
                        return endOf(call);
                    }
                }
            }
        } finally {
            if (call.end() == null) {
                call.abandon(Status.CANCELLED.withDescription("the ingest stream ended"));
            }
        }
    }

    private static Status endOf(IngestCall call) {
        Status end = call.end();
        return end == null ? Status.CANCELLED.withDescription("the ingest stream ended") : end;
    }

    /** Whether trying again can help. The others say that the request itself is at fault. */
    private static boolean mayPass(Status.Code code) {
        return switch (code) {
            case OK, CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE -> true;
            case INVALID_ARGUMENT,
                    NOT_FOUND,
                    ALREADY_EXISTS,
                    PERMISSION_DENIED,
                    FAILED_PRECONDITION,
                    OUT_OF_RANGE,
                    UNIMPLEMENTED,
                    DATA_LOSS,
                    UNAUTHENTICATED -> false;
        };
    }
}
