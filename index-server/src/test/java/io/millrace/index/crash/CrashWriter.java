package io.millrace.index.crash;

import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.record.StoreException;
import io.millrace.index.shard.ShardBusyException;
import io.millrace.index.shard.ShardFixture;
import io.millrace.index.shard.ShardWriter;
import io.millrace.index.snapshot.SnapshotDirectory;
import io.millrace.index.store.DataDirectory;
import io.millrace.index.store.ShardStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process that writes until it is killed: {@code CrashWriter DIRECTORY} and the arguments of a {@link CrashPlan}. Prints
 * {@code opening}, then {@code ready PID}, then {@code acked BATCH} for each batch that the shard acknowledged, and
 * {@code snapshot NAME BATCH} for each snapshot, with the batch that was acknowledged when it was asked for. At the point of
 * the plan it prints {@code reached POINT}, and {@code exhausted} if it did not come there in so many batches. If a write
 * fails it prints {@code failed KIND}, tries another one, prints {@code then KIND}, and ends.
 */
final class CrashWriter {
    private static final int PAUSE_MILLIS = 60;
    // A process under strace takes a few.
    private static final int LONGEST_LIFE_SECONDS = 60;

    private final CrashPlan plan;
    private final OperationStream stream;
    private final PointWatch watch;
    private final ShardWriter writer;
    private final SnapshotDirectory snapshots;
    private final ExecutorService snapshotting = Executors.newSingleThreadExecutor();
    private final Deque<CompletableFuture<BatchOutcome>> pending = new ArrayDeque<>();
    private long next;

    private CrashWriter(CrashPlan plan, Path directory) {
        this.plan = plan;
        this.stream = new OperationStream(plan.stream());
        this.watch = new PointWatch(plan);
        System.out.println("opening");
        DataDirectory data = DataDirectory.open(directory);
        Path folder = data.shardFolders().isEmpty()
                ? data.create(ShardFixture.descriptor(plan.weights()))
                : data.shardFolders().getFirst();
        this.writer = ShardWriter.start(
                ShardStore.open(folder),
                plan.limits(),
                Executors.newSingleThreadExecutor(),
                Executors.newSingleThreadExecutor(),
                watch);
        this.snapshots = SnapshotDirectory.open(directory.resolve("snapshots"), directory);
        this.next = writer.shard().durableIndex() - plan.resent() + 1;
        System.out.println("ready " + ProcessHandle.current().pid());
    }

    public static void main(String[] arguments) {
        CrashPlan plan = CrashPlan.parse(Arrays.asList(arguments).subList(1, arguments.length));
        CompletableFuture.delayedExecutor(LONGEST_LIFE_SECONDS, TimeUnit.SECONDS)
                .execute(() -> end("failed: it was not killed in " + LONGEST_LIFE_SECONDS + " s"));
        try {
            new CrashWriter(plan, Path.of(arguments[0])).run();
        } catch (InterruptedException | RuntimeException | Error e) {
            end("failed: " + e);
        }
    }

    private static void end(String why) {
        System.out.println(why);
        Runtime.getRuntime().halt(3);
    }

    private void run() throws InterruptedException {
        for (int batches = 0; plan.point() == CrashPoint.NEVER || batches < CrashPlan.MAX_BATCHES; batches++) {
            if (plan.pauseEvery() > 0 && batches % plan.pauseEvery() == plan.pauseEvery() - 1) {
                pause();
            }
            if (plan.snapshotEvery() > 0 && batches % plan.snapshotEvery() == plan.snapshotEvery() - 1) {
                long acked = acked();
                snapshotting.execute(() -> snapshot(acked));
            }
            if (pending.size() == plan.inFlight()) {
                acknowledge();
            }
            pending.addLast(submit(next));
            next++;
        }
        while (!pending.isEmpty()) {
            acknowledge();
        }
        System.out.println("exhausted");
        Thread.sleep(Duration.ofSeconds(LONGEST_LIFE_SECONDS));
    }

    private CompletableFuture<BatchOutcome> submit(long batch) throws InterruptedException {
        while (true) {
            try {
                return writer.submit(stream.batch(batch), System.nanoTime() + 60_000_000_000L);
            } catch (ShardBusyException flushesAreHeldUp) {
                Thread.sleep(1);
            }
        }
    }

    private long acked() {
        return next - pending.size() - 1;
    }

    private void acknowledge() {
        try {
            pending.removeFirst().join();
        } catch (CompletionException e) {
            fail(e);
        }
        System.out.println("acked " + acked());
    }

    private void pause() throws InterruptedException {
        while (!pending.isEmpty()) {
            acknowledge();
        }
        watch.setQuiet(true);
        Thread.sleep(PAUSE_MILLIS);
        watch.setQuiet(false);
    }

    private void snapshot(long acked) {
        try {
            snapshots.create("after-" + acked, writer, System.nanoTime() + 60_000_000_000L);
            System.out.println("snapshot after-" + acked + " " + acked);
        } catch (TimeoutException | RuntimeException e) {
            System.out.println("snapshot failed: " + e);
        }
    }

    private void fail(CompletionException first) {
        System.out.println("failed " + kind(first));
        try {
            writer.submit(stream.batch(next), System.nanoTime() + 60_000_000_000L)
                    .join();
            System.out.println("then written");
        } catch (CompletionException second) {
            System.out.println("then " + kind(second));
        }
        // Reads go on: the state of the last good write is still there.
        end("reads " + writer.shard().size().documents());
    }

    private static String kind(CompletionException e) {
        return e.getCause() instanceof StoreException store ? store.kind().name() : String.valueOf(e.getCause());
    }
}
