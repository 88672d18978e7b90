package io.millrace.deploy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final AtomicLong nanos = new AtomicLong();

    private Console console(int columns) {
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        return new Console(InputStream.nullInputStream(), stream, stream, columns, nanos::get);
    }

    private String shown() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void saysAPlainLineNowAndThenWhenThereIsNoTerminal() {
        Progress progress = new Progress(console(0), "Indexing");
        for (int second = 1; second <= 25; second++) {
            nanos.set(second * 1_000_000_000L);
            progress.update(second * 100L, second / 100.0);
        }
        assertThat(progress.finish()).isEqualTo(25);
        assertThat(shown().lines())
                .containsExactly(
                        "Indexing   10%  1,000  100/s, 1 min 30 s left",
                        "Indexing   20%  2,000  100/s, 1 min 20 s left");
    }

    @Test
    void redrawsOneLineOnATerminalAndRemovesItAtTheEnd() {
        Progress progress = new Progress(console(60), "Indexing");
        nanos.set(1_000_000_000L);
        progress.update(500, 0.5);
        nanos.addAndGet(1_000);
        progress.update(501, 0.5);
        progress.say("a refusal");
        progress.finish();
        assertThat(shown())
                .isEqualTo("\rIndexing [" + "█".repeat(12) + "·".repeat(12)
                        + "]  50%  500  500/s, 1 s l\033[K\r\033[Ka refusal" + System.lineSeparator());
    }

    @Test
    void showsARateWhenTheTotalIsNotKnown() {
        Progress progress = new Progress(console(0), "Indexing");
        nanos.set(10_000_000_000L);
        progress.update(50, -1);
        assertThat(shown()).isEqualTo("Indexing  50  5/s, 10 s" + System.lineSeparator());
    }

    @Test
    void saysTimesAsPeopleDo() {
        assertThat(Progress.time(4.4)).isEqualTo("4 s");
        assertThat(Progress.time(61)).isEqualTo("1 min 1 s");
        assertThat(Progress.time(7_260)).isEqualTo("2 h 1 min");
    }
}
