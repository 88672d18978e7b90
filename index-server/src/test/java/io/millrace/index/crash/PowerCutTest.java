package io.millrace.index.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.ShardFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL alone proves nothing about fsync, because the kernel keeps what a dead process wrote. Here the writer runs under
 * strace, and before the shard is opened again every file is cut to what its last sync covered, as a power cut would.
 */
class PowerCutTest {
    private static final int CYCLES = 3;

    @TempDir
    private Path directory;

    @BeforeAll
    static void needsStrace() throws Exception {
        assumeTrue(Strace.works(), "strace is not installed or may not trace here; unsynced writes are not discarded");
    }

    @Test
    void everyAcknowledgedWriteWasSyncedBeforeItsAcknowledgement() throws Exception {
        long seed = 21;
        Random random = new Random(seed);
        OperationStream stream = new OperationStream(seed);
        Path data = Files.createDirectory(directory.resolve("data"));
        ShardFixture.create(data, WeightScheme.float32(), 40).close();
        long applied = 0;
        for (int cycle = 0; cycle < CYCLES; cycle++) {
            SyncTrace trace = new SyncTrace(data);
            Path calls = directory.resolve("calls-" + cycle);
            try (WriterProcess writer = WriterProcess.start(data, CrashPlan.steady(seed), Strace.recording(calls))) {
                writer.awaitAcks(40 + random.nextInt(150));
                writer.kill();
                assertThat(writer.acked()).as("%s", writer.lines()).isGreaterThan(applied);
                trace.follow(calls);
                assertThat(trace.syncs()).as("syncs seen").isGreaterThan(10);
                long lost = trace.discardUnsynced();
                System.out.printf(
                        "power cut %d: %d batches acknowledged, %d syncs, %d unsynced bytes discarded%n",
                        cycle, writer.acked(), trace.syncs(), lost);
                applied = RecoveredShard.verify(data, stream, writer.acked());
            }
        }
        RecoveredShard.verifyResending(data, stream, applied);
    }
}
