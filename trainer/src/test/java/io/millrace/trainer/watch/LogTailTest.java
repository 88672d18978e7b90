package io.millrace.trainer.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.v1.RunUpdate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTailTest {
    private static final int STEPS = 60;

    @TempDir
    private Path folder;

    /** Lines of a step: the report, and after every third one a judgement. */
    private static String lines(int step) {
        String report = "{\"kind\":\"step\",\"step\":%d,\"loss\":%s}%n".formatted(step, 1.0 / step);
        return step % 3 == 0
                ? report + "{\"kind\":\"judgement\",\"step\":%d,\"metric\":\"MRR@10\",\"value\":0.5}%n".formatted(step)
                : report;
    }

    private static String lines(int from, int to) {
        StringBuilder lines = new StringBuilder();
        for (int step = from; step <= to; step++) {
            lines.append(lines(step));
        }
        return lines.toString();
    }

    private static List<RunUpdate> all(LogTail tail) throws IOException {
        List<RunUpdate> updates = new ArrayList<>();
        for (List<RunUpdate> more = tail.more(); !more.isEmpty(); more = tail.more()) {
            updates.addAll(more);
        }
        return updates;
    }

    private Path written(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @Test
    void readsEachLineOnceHoweverOftenTheRunGoesBack() throws Exception {
        List<RunUpdate> expected = all(new LogTail(written("whole", lines(1, STEPS)), 1, STEPS, 0));
        assertThat(expected).hasSize(STEPS + STEPS / 3);
        for (int seed = 0; seed < 40; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Path log = folder.resolve("log-" + seed);
            List<RunUpdate> seen = new ArrayList<>();
            try (LogTail tail = new LogTail(log, 1, STEPS, 0)) {
                int saved = 0;
                int step = 0;
                while (step < STEPS) {
                    if (random.nextInt(12) == 0) {
                        // Killed, in the middle of a line perhaps, and gone on from the saved state.
                        String torn = lines(step + 1);
                        append(log, torn.substring(0, random.nextInt(torn.length())));
                        look(tail, seen, random);
                        Path part = written("part", lines(1, saved));
                        Files.move(part, log, StandardCopyOption.REPLACE_EXISTING);
                        step = saved;
                    } else {
                        step++;
                        append(log, lines(step));
                        saved = random.nextInt(4) == 0 ? step : saved;
                    }
                    look(tail, seen, random);
                }
                seen.addAll(all(tail));
            }
            assertThat(seen).as("seed %d", seed).isEqualTo(expected);
        }
    }

    private static void append(Path log, String text) throws IOException {
        Files.writeString(log, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static void look(LogTail tail, List<RunUpdate> seen, SplittableRandom random) throws IOException {
        if (random.nextBoolean()) {
            seen.addAll(all(tail));
        }
    }

    @Test
    void beginsAtAStep() throws Exception {
        Path log = written("log", lines(1, 9));
        try (LogTail tail = new LogTail(log, 1, STEPS, 6)) {
            assertThat(all(tail)).extracting(RunUpdates::step).containsExactly(6L, 6L, 7L, 8L, 9L, 9L);
        }
        assertThat(LogTail.last(log, 1, STEPS).orElseThrow().getStep().getStep())
                .isEqualTo(9);
        assertThat(LogTail.last(folder.resolve("none"), 1, STEPS)).isEmpty();
        assertThat(LogTail.last(written("torn", lines(1, 2) + "{\"kind\":\"step\",\"st"), 1, STEPS)
                        .orElseThrow()
                        .getStep()
                        .getStep())
                .isEqualTo(2);
    }

    @Test
    void refusesWhatIsNoLog() throws Exception {
        try (LogTail tail = new LogTail(written("long", "x".repeat(70_000)), 1, STEPS, 0)) {
            assertThatThrownBy(tail::more).isInstanceOf(IOException.class).hasMessageContaining("damaged");
        }
        try (LogTail tail = new LogTail(written("text", "not a line\n"), 1, STEPS, 0)) {
            assertThatThrownBy(tail::more).hasMessageContaining("not a line of a run's log");
        }
    }
}
