package io.millrace.index.crash;

import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.batch.ShardBatch;
import io.millrace.index.record.StoreException;
import io.millrace.index.shard.ShardFixture;
import io.millrace.index.shard.ShardObserver;
import io.millrace.index.shard.ShardWriter;
import io.millrace.index.store.DataDirectory;
import io.millrace.index.store.ShardStore;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongFunction;

/**
 * A process that writes until it is killed: {@code CrashWriter DIRECTORY SEED BULK}. Prints {@code ready PID}, then
 * {@code acked INDEX} for each batch that the shard acknowledged, with a few batches always on their way. If a write
 * fails it prints {@code failed KIND}, tries another one, prints {@code then KIND}, and ends.
 */
final class CrashWriter {
    /** Batches on their way. */
    static final int IN_FLIGHT = 3;
    /** Small, so that flushes and merges are always under way when the process dies. */
    static final int FLUSH_DOCUMENTS = 40;

    private CrashWriter() {}

    public static void main(String[] arguments) {
        OperationStream stream = new OperationStream(Long.parseLong(arguments[1]));
        LongFunction<ShardBatch> batches = Boolean.parseBoolean(arguments[2]) ? stream::bulkBatch : stream::batch;
        DataDirectory data = DataDirectory.open(Path.of(arguments[0]));
        ExecutorService flushes = Executors.newSingleThreadExecutor();
        ExecutorService merges = Executors.newSingleThreadExecutor();
        ShardWriter writer = ShardWriter.start(
                ShardStore.open(data.shardFolders().getFirst()),
                ShardFixture.limits(FLUSH_DOCUMENTS),
                flushes,
                merges,
                ShardObserver.NONE);
        System.out.println("ready " + ProcessHandle.current().pid());
        long next = writer.shard().durableIndex() + 1;
        Deque<CompletableFuture<BatchOutcome>> pending = new ArrayDeque<>();
        while (true) {
            if (pending.size() == IN_FLIGHT) {
                try {
                    pending.removeFirst().join();
                } catch (CompletionException e) {
                    fail(writer, batches.apply(next), e);
                }
                System.out.println("acked " + (next - IN_FLIGHT));
            }
            pending.addLast(writer.submit(batches.apply(next), System.nanoTime() + 60_000_000_000L));
            next++;
        }
    }

    private static void fail(ShardWriter writer, ShardBatch next, CompletionException first) {
        System.out.println("failed " + kind(first));
        try {
            writer.submit(next, System.nanoTime() + 60_000_000_000L).join();
            System.out.println("then written");
        } catch (CompletionException second) {
            System.out.println("then " + kind(second));
        }
        // Reads go on: the state of the last good write is still there.
        System.out.println("reads " + writer.shard().size().documents());
        Runtime.getRuntime().halt(3);
    }

    private static String kind(CompletionException e) {
        return e.getCause() instanceof StoreException store ? store.kind().name() : String.valueOf(e.getCause());
    }
}
