package io.millrace.index.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.ShardFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A sync fails: the process stops writing for good and never tries it again, because the kernel may have dropped what it
 * covered. After the shard is opened again, all that was acknowledged is there.
 */
class FailedSyncTest {
    private static final long SEED = 22;
    private static final int FLUSH_DOCUMENTS = 40;
    /** Batches in the segments that a merge finds. */
    private static final int BATCHES_BEFORE = 60;

    @TempDir
    private Path directory;

    private final OperationStream stream = new OperationStream(SEED);
    private Path data;
    private Path shard;

    @BeforeAll
    static void needsStrace() throws Exception {
        assumeTrue(Strace.works(), "strace is not installed or may not trace here; no sync is made to fail");
    }

    @BeforeEach
    void create() throws Exception {
        data = Files.createDirectory(directory.resolve("data"));
        try (ShardFixture fixture = ShardFixture.create(data, WeightScheme.float32(), FLUSH_DOCUMENTS)) {
            shard = fixture.folder();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 60})
    void ofWhateverFileStopsWritingAndLosesNothingEvenIfThePowerIsCutThen(int failing) throws Exception {
        SyncTrace trace = new SyncTrace(data);
        Path calls = directory.resolve("calls");
        try (WriterProcess writer =
                WriterProcess.start(data, CrashPlan.steady(SEED), Strace.failingSync(calls, failing))) {
            requireStopped(writer);
            trace.follow(calls);
            trace.discardUnsynced();
            RecoveredShard.verify(data, stream, writer.acked());
        }
    }

    @ParameterizedTest
    @CsvSource({"%06d.sst, 1", "%06d.sst, 9", "MANIFEST-%06d, 3", "%06d.log, 7"})
    void duringFlushesStopsWritingAndLosesNothing(String name, int failing) throws Exception {
        List<String> strace = Strace.failingSync(directory.resolve("calls"), shard, name, failing);
        try (WriterProcess writer = WriterProcess.start(data, CrashPlan.steady(SEED), strace)) {
            requireStopped(writer);
            RecoveredShard.verify(data, stream, writer.acked());
        }
    }

    @ParameterizedTest
    @CsvSource({"%06d.sst, 1", "MANIFEST-%06d, 3"})
    void duringAMergeStopsWritingAndLosesNothing(String name, int failing) throws Exception {
        writeSegments();
        // Recovers the log, so that opening the shard again writes no files.
        ShardFixture.reopen(data, FLUSH_DOCUMENTS).close();
        List<String> strace = Strace.failingSync(directory.resolve("calls"), shard, name, failing);
        try (WriterProcess writer = WriterProcess.start(data, CrashPlan.merging(SEED), strace)) {
            requireStopped(writer);
            RecoveredShard.verify(data, stream, Math.max(BATCHES_BEFORE, writer.acked()));
        }
    }

    @ParameterizedTest
    @CsvSource({"%06d.sst, 1", "MANIFEST-%06d, 1"})
    void whileTheLogIsRecoveredIsNotTakenForDamage(String name, int failing) throws Exception {
        writeSegments();
        List<String> strace = Strace.failingSync(directory.resolve("calls"), shard, name, failing);
        try (WriterProcess writer = WriterProcess.start(data, CrashPlan.steady(SEED), strace)) {
            writer.awaitEnd();
            assertThat(writer.lines())
                    .last()
                    .asString()
                    .contains("cannot be opened", "Input/output error; check the disk, then start the server again");
            RecoveredShard.verify(data, stream, BATCHES_BEFORE);
        }
    }

    private void writeSegments() {
        try (ShardFixture fixture = ShardFixture.reopen(data, FLUSH_DOCUMENTS)) {
            for (int batch = 1; batch <= BATCHES_BEFORE; batch++) {
                fixture.shard().apply(batch, stream.batch(batch));
            }
            assertThat(fixture.shard().size().segments()).isGreaterThan(2);
        }
    }

    private void requireStopped(WriterProcess writer) throws Exception {
        writer.awaitEnd();
        assertThat(writer.lines()).contains("failed FAILED", "then FAILED").doesNotContain("then written");
        assertThat(writer.lines()).anyMatch(line -> line.startsWith("reads "));
    }
}
