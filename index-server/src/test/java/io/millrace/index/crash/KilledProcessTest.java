package io.millrace.index.crash;

import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that writes is killed with SIGKILL at random and at named points, again and again, on the same directory. {@code
 * -Dmillrace.kill.cycles=N} kills N times, {@code -Dmillrace.kill.seed=S} at other points, {@code -Dmillrace.kill.log=FILE}
 * writes a line for each.
 */
class KilledProcessTest {
    private static final int CYCLES = Integer.getInteger("millrace.kill.cycles", 8);
    private static final long SEED = Long.getLong("millrace.kill.seed", 1);

    @TempDir
    private Path directory;

    @Test
    void everyAcknowledgedWriteSurvivesAndNothingDeletedComesBack() throws Exception {
        Path log = Path.of(
                System.getProperty("millrace.kill.log", directory.resolve("log").toString()));
        CrashCycles cycles = new CrashCycles(directory, SEED);
        try (BufferedWriter lines = Files.newBufferedWriter(log)) {
            System.out.println("seed " + SEED);
            for (int cycle = 0; cycle < CYCLES; cycle++) {
                String line = cycles.next();
                System.out.println(line);
                lines.write(line);
                lines.newLine();
                lines.flush();
            }
            lines.write(cycles.summary());
            lines.newLine();
        }
    }
}
