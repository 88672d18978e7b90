package io.millrace.coordinator.encode;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.service.Refusals;
import io.millrace.v1.DescribeHybridSpaceRequest;
import io.millrace.v1.DescribeModelRequest;
import io.millrace.v1.EncoderWorkerGrpc;
import io.millrace.v1.HybridSpaceDescription;
import io.millrace.v1.ModelDescription;
import io.millrace.v1.TextRole;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one worker connected: asks what it serves, opens a stream for queries and one for documents (so that bulk can
 * never use up the queries' credit), and starts over with a growing pause whenever one of them ends. Every few seconds it asks
 * again, because models are loaded and unloaded while a worker runs.
 */
final class WorkerConnection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerConnection.class);
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;
    private static final long ASK_AGAIN_MILLIS = 2_000;

    /** A worker as last seen: what it serves, and its two streams. */
    record Link(ModelDescription model, EncoderStream queries, EncoderStream documents) {
        EncoderStream stream(TextRole role) {
            return role == TextRole.TEXT_ROLE_QUERY ? queries : documents;
        }

        /** Whether batches of a space may be sent there. */
        boolean serves(String space) {
            return model.getSpaceId().equals(space)
                    || model.getModelsList().stream()
                            .anyMatch(loaded -> loaded.getSpaceId().equals(space));
        }

        boolean isUp() {
            return !queries.hasEnded() && !documents.hasEnded();
        }
    }

    private final String address;
    private final Runnable onChange;
    private final ManagedChannel channel;
    private final Object signal = new Object();
    private volatile @Nullable Link link;
    private volatile String lastProblem = "not connected yet";
    private volatile boolean closed;

    WorkerConnection(String address, Runnable onChange) {
        this.address = address;
        this.onChange = onChange;
        this.channel = IndexServers.open(address);
    }

    String address() {
        return address;
    }

    /** The live link; null while there is none. */
    @Nullable
    Link link() {
        Link current = link;
        return current != null && current.isUp() ? current : null;
    }

    /** Why there is no link. */
    String lastProblem() {
        return lastProblem;
    }

    /** Runs until closed; call on a thread of its own. */
    void keepConnected() {
        long pause = FIRST_PAUSE_MILLIS;
        while (!closed) {
            try {
                Link fresh = connect();
                LOG.info(
                        "worker connected: address={} space={}",
                        address,
                        fresh.model().getSpaceId());
                link = fresh;
                pause = FIRST_PAUSE_MILLIS;
                onChange.run();
                awaitEnd(fresh);
                lastProblem = "its stream ended";
                LOG.info("worker lost: address={}", address);
            } catch (StatusRuntimeException e) {
                lastProblem = Refusals.inOneLine(e.getStatus());
                LOG.debug("worker not reachable: address={} reason={}", address, lastProblem);
            } catch (InterruptedException e) {
                return;
            }
            link = null;
            onChange.run();
            if (!pauseOrClosed(pause)) {
                return;
            }
            pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
            channel.resetConnectBackoff();
        }
    }

    /**
     * Asks the worker for a hybrid space of its model.
     *
     * @throws StatusRuntimeException if it refuses, or does not answer in time
     */
    HybridSpaceDescription hybridSpace(DescribeHybridSpaceRequest request, Duration timeout) {
        return EncoderWorkerGrpc.newBlockingStub(channel)
                .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
                .describeHybridSpace(request);
    }

    private Link connect() {
        Link fresh = new Link(
                describe(), new EncoderStream(onChange, this::ended), new EncoderStream(onChange, this::ended));
        // A query's result is small and only wakes who waits for it: no thread need be found for that.
        fresh.queries().open(EncoderWorkerGrpc.newStub(channel).withExecutor(Runnable::run));
        fresh.documents().open(EncoderWorkerGrpc.newStub(channel));
        return fresh;
    }

    private ModelDescription describe() {
        return EncoderWorkerGrpc.newBlockingStub(channel)
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .describeModel(DescribeModelRequest.getDefaultInstance());
    }

    private void awaitEnd(Link first) throws InterruptedException {
        Link current = first;
        while (!ended(current)) {
            try {
                Link now = new Link(describe(), current.queries(), current.documents());
                if (!now.equals(current)) {
                    current = now;
                    link = now;
                    onChange.run();
                }
            } catch (StatusRuntimeException e) {
                // Its streams will tell whether it is gone.
                LOG.debug("worker did not say what it serves: {}", Refusals.inOneLine(e.getStatus()));
            }
        }
        // One stream without the other is of no use.
        Status reason = Status.UNAVAILABLE.withDescription("the connection to worker " + address + " was lost");
        current.queries().cancel(reason);
        current.documents().cancel(reason);
    }

    /** Waits for the end of a link, but no longer than until the worker is to be asked again. */
    private boolean ended(Link current) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ASK_AGAIN_MILLIS);
        synchronized (signal) {
            while (!closed && current.isUp()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(signal, left);
            }
        }
        return true;
    }

    private void ended() {
        synchronized (signal) {
            signal.notifyAll();
        }
        onChange.run();
    }

    private boolean pauseOrClosed(long millis) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        try {
            synchronized (signal) {
                long left = deadline - System.nanoTime();
                while (!closed && left > 0) {
                    TimeUnit.NANOSECONDS.timedWait(signal, left);
                    left = deadline - System.nanoTime();
                }
            }
        } catch (InterruptedException e) {
            return false;
        }
        return !closed;
    }

    @Override
    public void close() {
        closed = true;
        Link current = link;
        if (current != null) {
            Status reason = Status.CANCELLED.withDescription("the coordinator is stopping");
            current.queries().cancel(reason);
            current.documents().cancel(reason);
        }
        synchronized (signal) {
            signal.notifyAll();
        }
        channel.shutdownNow();
    }
}
