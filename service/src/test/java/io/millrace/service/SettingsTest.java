package io.millrace.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    enum Mode {
        FAST_PATH,
        SAFE
    }

    record Sample(
            @Setting(help = "Port.", fallback = "7300") int port,
            @Setting(help = "Where data live.") Path dataDir,

            @Setting(help = "How long to wait.", fallback = "10s")
            Duration waitTime,

            @Setting(help = "Peers.", fallback = "none") List<String> peers,
            @Setting(help = "Mode.", fallback = "safe") Mode mode) {}

    @Test
    void flagsWinOverTheEnvironmentWhichWinsOverTheFile(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("c.properties"), "port=1\ndata-dir=/file\nwait-time=2m\n");
        Sample sample = Settings.read(
                Sample.class,
                List.of("--config", file.toString(), "--port=3", "--peers", "a:1, b:2", "--mode", "fast-path"),
                Map.of("MILLRACE_PORT", "2", "MILLRACE_DATA_DIR", "/env"));
        assertThat(sample)
                .isEqualTo(
                        new Sample(3, Path.of("/env"), Duration.ofMinutes(2), List.of("a:1", "b:2"), Mode.FAST_PATH));
    }

    @Test
    void defaultsFillWhatNobodySet() {
        Sample sample = Settings.read(Sample.class, List.of("--data-dir", "d"), Map.of());
        assertThat(sample).isEqualTo(new Sample(7300, Path.of("d"), Duration.ofSeconds(10), List.of(), Mode.SAFE));
    }

    @Test
    void anUnknownNameIsRefusedWithTheNearestOne(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> Settings.read(Sample.class, List.of("--data-dri", "d"), Map.of()))
                .hasMessageContaining("--data-dri")
                .hasMessageContaining("'data-dir'");
        Path file = Files.writeString(folder.resolve("c.properties"), "prot=1\n");
        assertThatThrownBy(() -> Settings.read(Sample.class, List.of("--config=" + file, "--data-dir=d"), Map.of()))
                .hasMessageContaining("'prot'")
                .hasMessageContaining("'port'");
    }

    @Test
    void aMissingOrMalformedValueSaysWhichAndWhatItIsFor() {
        assertThatThrownBy(() -> Settings.read(Sample.class, List.of(), Map.of()))
                .hasMessageContaining("--data-dir is required")
                .hasMessageContaining("MILLRACE_DATA_DIR");
        assertThatThrownBy(() -> Settings.read(
                        Sample.class, List.of("--data-dir=d"), Map.of("MILLRACE_WAIT_TIME", "10 parsecs")))
                .hasMessageContaining("MILLRACE_WAIT_TIME is '10 parsecs'");
        assertThatThrownBy(() -> Settings.read(Sample.class, List.of("--port"), Map.of()))
                .hasMessageContaining("no value");
    }

    @Test
    void helpNamesFlagVariableDefaultAndMeaning() {
        assertThat(Settings.help(Sample.class))
                .contains("--data-dir PATH  [MILLRACE_DATA_DIR]  required", "--mode fast-path|safe", "default 7300");
    }
}
