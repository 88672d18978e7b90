package io.millrace.coordinator.encode;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.coordinator.catalog.EncodingSpace;
import io.millrace.coordinator.encode.WorkerConnection.Link;
import io.millrace.service.Refusals;
import io.millrace.v1.DescribeHybridSpaceRequest;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodedBatch;
import io.millrace.v1.HybridSpaceDescription;
import io.millrace.v1.LoadedModel;
import io.millrace.v1.Member;
import io.millrace.v1.ModelDescription;
import io.millrace.v1.TextRole;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All encoder workers as one. A batch goes to the worker with credit that has the fewest batches outstanding; if that
 * worker fails, to another, until the caller's time is up. Callers block; nothing is queued here. Safe for any thread.
 */
public final class WorkerPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerPool.class);
    private static final long WAKE_MILLIS = 250;
    // A thousand texts are analysed in some hundred milliseconds.
    private static final Duration HYBRID_SPACE_TIMEOUT = Duration.ofSeconds(15);
    private static final Duration FIRST_WORKER_TIMEOUT = Duration.ofSeconds(8);
    private static final long FIRST_PAUSE_MILLIS = 5;
    private static final long LONGEST_PAUSE_MILLIS = 500;

    private final List<WorkerConnection> workers = new ArrayList<>();
    private final Object signal = new Object();

    /** Begins to connect to every address. */
    public static WorkerPool connect(List<String> addresses) {
        WorkerPool pool = new WorkerPool();
        for (String address : addresses) {
            WorkerConnection worker = new WorkerConnection(address, pool::changed);
            pool.workers.add(worker);
            Thread.ofVirtual().name("worker-" + address).start(worker::keepConnected);
        }
        return pool;
    }

    private WorkerPool() {}

    /**
     * Encodes texts, in order.
     *
     * @param request texts and role
     * @param space of the vectors
     * @param timeout time for all attempts together
     * @throws StatusRuntimeException FAILED_PRECONDITION if every worker serves another space; UNAVAILABLE or
     *     DEADLINE_EXCEEDED if none did it in time; INVALID_ARGUMENT if the texts themselves are at fault
     */
    public EncodedBatch encode(EncodeBatch request, EncodingSpace space, Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        StatusRuntimeException last = null;
        long pauseMillis = FIRST_PAUSE_MILLIS;
        while (true) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw noneInTime(space.model(), timeout, last);
            }
            EncodeBatch.Builder batch = request.toBuilder()
                    .setSpaceId(space.id())
                    .setTimeoutMillis((int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
            space.hybrid().ifPresent(hybrid -> batch.setHybrid(hybrid).setModelSpaceId(space.model()));
            CompletableFuture<EncodedBatch> answer = send(batch, space.model(), deadline);
            if (answer == null) {
                continue; // time is up; said at the top
            }
            try {
                return answer.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (ExecutionException e) {
                last = refusalOf(e);
                LOG.debug("encode attempt failed: {}", Refusals.inOneLine(last.getStatus()));
                Thread.sleep(pauseMillis);
                pauseMillis = Math.min(2 * pauseMillis, LONGEST_PAUSE_MILLIS);
            } catch (TimeoutException e) {
                throw noneInTime(space.model(), timeout, last);
            }
        }
    }

    /**
     * The one space that all connected workers serve. Waits a few seconds for a first worker, since a cluster's parts
     * start in any order.
     *
     * @throws StatusRuntimeException UNAVAILABLE if no worker is connected, FAILED_PRECONDITION if they disagree
     */
    public String space() throws InterruptedException {
        awaitWorkers(1, FIRST_WORKER_TIMEOUT);
        List<String> spaces = connectedModels().stream()
                .map(ModelDescription::getSpaceId)
                .distinct()
                .toList();
        if (spaces.isEmpty()) {
            throw Refusals.unavailable("no encoder worker answers: " + problems());
        }
        if (spaces.size() > 1) {
            throw Refusals.failedPrecondition(
                    "the encoder workers serve different spaces " + spaces + "; give them all the same checkpoint");
        }
        return spaces.getFirst();
    }

    /** The active model of a space, from any connected worker; null if none has it. */
    public @Nullable ModelDescription model(String space) {
        return connectedModels().stream()
                .filter(model -> model.getSpaceId().equals(space))
                .findFirst()
                .orElse(null);
    }

    /**
     * A hybrid space of the workers' model.
     *
     * @throws StatusRuntimeException of the worker if it refuses; UNAVAILABLE if none answers
     */
    public HybridSpaceDescription hybridSpace(DescribeHybridSpaceRequest request) {
        StatusRuntimeException last = Refusals.unavailable("no encoder worker answers: " + problems());
        for (WorkerConnection worker : workers) {
            Link link = worker.link();
            if (link == null || !link.serves(request.getModelSpaceId())) {
                continue;
            }
            try {
                return worker.hybridSpace(request, HYBRID_SPACE_TIMEOUT);
            } catch (StatusRuntimeException e) {
                last = unlessRefused(worker, e);
            }
        }
        throw last;
    }

    /** What is said of a worker that did not answer; another one may. */
    private static StatusRuntimeException unlessRefused(WorkerConnection worker, StatusRuntimeException e) {
        return switch (e.getStatus().getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, UNKNOWN, INTERNAL ->
                Refusals.unavailable("worker " + worker.address() + ": " + Refusals.inOneLine(e.getStatus()));
            default -> throw e;
        };
    }

    /** Waits until every worker is connected, or the time is up; returns whether all are. */
    public boolean awaitAll(Duration timeout) throws InterruptedException {
        return awaitWorkers(workers.size(), timeout);
    }

    private boolean awaitWorkers(int wanted, Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        synchronized (signal) {
            while (connectedModels().size() < wanted) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    return false;
                }
                signal.wait(Math.min(left, WAKE_MILLIS));
            }
        }
        return true;
    }

    /** What each worker is and whether it answers. */
    public List<Member> members() {
        List<Member> members = new ArrayList<>();
        for (WorkerConnection worker : workers) {
            Link link = worker.link();
            members.add(Member.newBuilder()
                    .setRole("encoder-worker")
                    .setAddress(worker.address())
                    .setReachable(link != null)
                    .setDetail(link == null ? worker.lastProblem() : describe(link.model()))
                    .build());
        }
        return members;
    }

    @Override
    public void close() {
        workers.forEach(WorkerConnection::close);
    }

    private @Nullable CompletableFuture<EncodedBatch> send(EncodeBatch.Builder batch, String space, long deadline)
            throws InterruptedException {
        CompletableFuture<EncodedBatch> atOnce = trySend(batch, space);
        if (atOnce != null) {
            return atOnce;
        }
        synchronized (signal) {
            while (true) {
                // Again, under the lock: credit that came since then told nobody.
                CompletableFuture<EncodedBatch> answer = trySend(batch, space);
                if (answer != null) {
                    return answer;
                }
                requireSomeHope(space);
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    return null;
                }
                signal.wait(Math.min(left, WAKE_MILLIS));
            }
        }
    }

    private @Nullable CompletableFuture<EncodedBatch> trySend(EncodeBatch.Builder batch, String space) {
        for (EncoderStream stream : streamsByLoad(space, batch.getRole())) {
            CompletableFuture<EncodedBatch> answer = stream.trySend(batch);
            if (answer != null) {
                return answer;
            }
        }
        return null;
    }

    private List<EncoderStream> streamsByLoad(String space, TextRole role) {
        List<EncoderStream> streams = new ArrayList<>();
        for (WorkerConnection worker : workers) {
            Link link = worker.link();
            if (link != null && link.serves(space)) {
                streams.add(link.stream(role));
            }
        }
        streams.sort(Comparator.comparingInt(EncoderStream::outstandingBatches));
        return streams;
    }

    /** Waiting helps if a worker of the space is busy or one of unknown space may come back; else it is refused now. */
    private void requireSomeHope(String space) {
        boolean allKnown = workers.stream().allMatch(worker -> worker.link() != null);
        boolean served =
                workers.stream().map(WorkerConnection::link).anyMatch(link -> link != null && link.serves(space));
        if (allKnown && !served) {
            throw Refusals.failedPrecondition("the collection's model is of space " + space + ", but the workers serve "
                    + connectedModels().stream()
                            .flatMap(WorkerPool::spaces)
                            .distinct()
                            .toList()
                    + "; start workers with the collection's checkpoint, or index into a new collection");
        }
    }

    private static StatusRuntimeException refusalOf(ExecutionException e) {
        StatusRuntimeException refusal = e.getCause() instanceof StatusRuntimeException status
                ? status
                : Status.fromThrowable(e).asRuntimeException();
        return switch (refusal.getStatus().getCode()) {
            // The worker, not the batch, is at fault: another one may do it.
            case UNAVAILABLE, CANCELLED, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN -> refusal;
            // It has unloaded the model since it was asked what it serves. If nobody has it, that is found out before
            // long.
            case FAILED_PRECONDITION -> refusal;
            default -> throw refusal;
        };
    }

    private StatusRuntimeException noneInTime(String space, Duration timeout, @Nullable StatusRuntimeException last) {
        return Refusals.unavailable("no encoder worker of space " + space + " answered within " + timeout.toMillis()
                + " ms" + (last == null ? "" : "; the last failure was " + Refusals.inOneLine(last.getStatus())) + "; "
                + problems());
    }

    private String problems() {
        List<String> problems = workers.stream()
                .filter(worker -> worker.link() == null)
                .map(worker -> worker.address() + " (" + worker.lastProblem() + ")")
                .toList();
        return problems.isEmpty()
                ? "all workers are connected but busy"
                : "not connected: " + String.join(", ", problems);
    }

    private List<ModelDescription> connectedModels() {
        List<ModelDescription> models = new ArrayList<>();
        for (WorkerConnection worker : workers) {
            Link link = worker.link();
            if (link != null) {
                models.add(link.model());
            }
        }
        return models;
    }

    private static String describe(ModelDescription model) {
        return model.getName() + " on " + model.getDevice() + ", space " + model.getSpaceId()
                + model.getModelsList().stream()
                        .skip(1)
                        .map(other -> ", and " + other.getName() + ", space " + other.getSpaceId())
                        .collect(Collectors.joining());
    }

    private static Stream<String> spaces(ModelDescription model) {
        return Stream.concat(
                Stream.of(model.getSpaceId()), model.getModelsList().stream().map(LoadedModel::getSpaceId));
    }

    private void changed() {
        synchronized (signal) {
            signal.notifyAll();
        }
    }
}
