package io.millrace.index.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.ShardFixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A process that writes is killed with SIGKILL at random points, again and again, on the same directory. */
class KilledProcessTest {
    private static final int CYCLES = 3;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({"11, false", "12, false", "13, true", "14, true"})
    void everyAcknowledgedWriteSurvivesAndNothingDeletedComesBack(long seed, boolean bulk) throws Exception {
        Random random = new Random(seed);
        OperationStream stream = new OperationStream(seed);
        ShardFixture.create(directory, WeightScheme.float32(), CrashWriter.FLUSH_DOCUMENTS)
                .close();
        long applied = 0;
        for (int cycle = 0; cycle < CYCLES; cycle++) {
            try (WriterProcess writer = WriterProcess.start(directory, seed, bulk, List.of())) {
                writer.awaitAcks(5 + random.nextInt(150));
                Thread.sleep(random.nextInt(5));
                writer.kill();
                assertThat(writer.acked()).as("%s", writer.lines()).isGreaterThan(applied);
                applied = RecoveredShard.verify(directory, stream, writer.acked());
            }
        }
        RecoveredShard.verifyResending(directory, stream, applied, bulk);
    }
}
