package io.millrace.deploy.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.deploy.cli.Latencies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
    @TempDir
    private Path folder;

    @Test
    void emptiesWhatAnEarlierRunLeft() throws IOException {
        try (RunFolder first = RunFolder.take(folder.resolve("q"))) {
            Files.createDirectories(first.path().resolve("index-0/deep"));
            Files.writeString(first.path().resolve("index-0/deep/file"), "x");
        }
        try (RunFolder second = RunFolder.take(folder.resolve("q"))) {
            assertThat(second.path().resolve("index-0")).doesNotExist();
        }
    }

    @Test
    void leavesAFolderWithOtherThingsAlone() throws IOException {
        Path precious = Files.writeString(folder.resolve("thesis.txt"), "x");
        assertThatThrownBy(() -> RunFolder.take(folder)).hasMessageContaining("was not made by quickstart");
        assertThat(precious).exists();
    }

    @Test
    void leavesARunningQuickstartAlone() throws IOException {
        try (RunFolder first = RunFolder.take(folder)) {
            Path file = Files.writeString(first.path().resolve("file"), "x");
            assertThatThrownBy(() -> RunFolder.take(folder)).hasMessageContaining("another quickstart runs");
            assertThat(file).exists();
        }
    }

    @Test
    void countsPercentilesByNearestRank() {
        long[] nanos = new long[200];
        for (int i = 0; i < nanos.length; i++) {
            nanos[i] = (200 - i) * 1_000_000L;
        }
        assertThat(Latencies.of(nanos)).hasToString("p50 100.0 ms, p99 198.0 ms");
        assertThat(Latencies.of(new long[] {5_000_000}).percentileMillis(0.99)).isEqualTo(5);
    }
}
