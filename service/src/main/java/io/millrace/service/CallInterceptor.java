package io.millrace.service;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts and times every call, and turns what a handler throws into its status instead of a bare UNKNOWN. */
final class CallInterceptor implements ServerInterceptor {
    private static final Logger LOG = LoggerFactory.getLogger(CallInterceptor.class);

    private final Metrics.LabelledRecorder seconds;
    private final Metrics.LabelledRecorder failures;

    CallInterceptor(Metrics metrics) {
        seconds = metrics.seconds("millrace_rpc_seconds", "Time of finished calls by method, seconds.", "method");
        failures = metrics.counter("millrace_rpc_failures_total", "Calls ended with an error by status.", "status");
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        long started = System.nanoTime();
        String method = call.getMethodDescriptor().getFullMethodName();
        ServerCall<Q, R> timed = new SimpleForwardingServerCall<>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
                seconds.add(method, (System.nanoTime() - started) / 1e9);
                if (!status.isOk()) {
                    failures.add(status.getCode().name(), 1);
                }
                super.close(status, trailers);
            }
        };
        return new SimpleForwardingServerCallListener<>(next.startCall(timed, headers)) {
            @Override
            public void onMessage(Q message) {
                guarded(timed, () -> super.onMessage(message));
            }

            @Override
            public void onHalfClose() {
                guarded(timed, super::onHalfClose);
            }

            @Override
            public void onReady() {
                guarded(timed, super::onReady);
            }
        };
    }

    private static void guarded(ServerCall<?, ?> call, Runnable step) {
        try {
            step.run();
        } catch (StatusRuntimeException e) {
            close(call, e.getStatus(), e.getTrailers() == null ? new Metadata() : e.getTrailers());
        } catch (RuntimeException e) {
            // A defect of ours: the caller gets a name to quote, the log gets the trace.
            String reference = Long.toHexString(System.nanoTime());
            LOG.error("call {} failed, reference {}", call.getMethodDescriptor().getFullMethodName(), reference, e);
            Status status =
                    Status.INTERNAL.withDescription("unexpected " + e.getClass().getSimpleName()
                            + "; please report it with reference " + reference + " from the server's log");
            close(call, status, new Metadata());
        }
    }

    private static void close(ServerCall<?, ?> call, Status status, Metadata trailers) {
        try {
            call.close(status, trailers);
        } catch (IllegalStateException alreadyClosed) {
            LOG.debug("call was already closed", alreadyClosed);
        }
    }
}
