package io.millrace.index.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.record.WeightScheme;
import io.millrace.index.snapshot.Snapshot;
import io.millrace.index.snapshot.SnapshotDirectory;
import io.millrace.index.store.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Starts a process that writes, kills it at a point, and holds what is left against what it had acknowledged; again and again on
 * the same shard, and on a new one now and then.
 */
final class CrashCycles {
    /** Cycles of one shard; the first of them kills the process that makes it. */
    private static final int CYCLES_PER_SHARD = 42;

    private static final int LONGEST_OPENING_MILLIS = 120;
    private static final int LONGEST_WRITING_MILLIS = 300;

    private final Path directory;
    private final Random random;
    private final List<CrashPoint> points = new ArrayList<>();
    private Path data;
    private WeightScheme weights = WeightScheme.float32();
    private RecoveredShard shard;
    private History history;
    private int cycle;
    // Operations that the last process had acknowledged.
    private int acknowledged;
    private long allAcknowledged;

    CrashCycles(Path directory, long seed) {
        this.directory = directory;
        this.random = new Random(seed);
        this.data = directory.resolve("data");
        this.shard = new RecoveredShard(data, 0);
        this.history = History.of(new OperationStream(seed));
    }

    /** Runs the next cycle; returns its line of the log. */
    String next() throws IOException, InterruptedException {
        if (cycle % CYCLES_PER_SHARD == 0) {
            Folders.removeTree(data);
            data = Files.createDirectory(directory.resolve("data-" + cycle));
            weights = random.nextBoolean() ? WeightScheme.float32() : WeightScheme.uint8(2.5f);
            shard = new RecoveredShard(data, 0);
            history = History.of(new OperationStream(random.nextLong()));
        }
        CrashPoint point = cycle % CYCLES_PER_SHARD == 0 ? CrashPoint.OPENING : point();
        CrashPlan plan = CrashPlan.draw(random, point, history.stream().seed(), shard.resent(), weights);
        cycle++;
        try (WriterProcess writer = WriterProcess.start(data, plan, List.of())) {
            boolean reached = killAt(plan, writer);
            try {
                return line(plan, reached, verify(plan, writer));
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("cycle " + cycle + ": " + plan + ", which said " + writer.lines(), e);
            }
        }
    }

    /** What the cycles so far come to. */
    String summary() {
        return cycle + " cycles, " + allAcknowledged + " operations acknowledged, none lost, none twice, no finding";
    }

    private CrashPoint point() {
        if (points.isEmpty()) {
            points.addAll(List.of(CrashPoint.values()));
            points.remove(CrashPoint.NEVER);
            Collections.shuffle(points, random);
        }
        return points.removeLast();
    }

    private boolean killAt(CrashPlan plan, WriterProcess writer) throws IOException, InterruptedException {
        boolean reached;
        if (plan.point().isStep()) {
            reached = writer.await("reached");
            long end = System.nanoTime() + plan.delayMicros() * 1_000;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        } else if (plan.point() == CrashPoint.OPENING) {
            reached = writer.await("opening");
            Thread.sleep(random.nextInt(LONGEST_OPENING_MILLIS));
        } else {
            reached = writer.await("ready");
            Thread.sleep(random.nextInt(LONGEST_WRITING_MILLIS));
        }
        writer.kill();
        return reached;
    }

    private int verify(CrashPlan plan, WriterProcess writer) throws IOException {
        assertThat(writer.lines()).noneMatch(line -> line.contains("failed") || line.contains("Exception"));
        if (!Files.isDirectory(data.resolve("shards")) || isEmpty(data.resolve("shards"))) {
            assertThat(writer.acked())
                    .as("batches acknowledged by a shard that is not there")
                    .isZero();
            return 0;
        }
        History before = history;
        long acked = Math.max(before.batches(), writer.acked());
        acknowledged = 0;
        for (long batch = before.batches() + 1; batch <= acked; batch++) {
            acknowledged += before.stream().batch(batch).operations().size();
        }
        allAcknowledged += acknowledged;
        history = shard.verify(before, acked, plan.inFlight());
        int snapshots = verifySnapshots(writer, before);
        shard.verifyResending(history, 2);
        return snapshots;
    }

    /** Snapshots that have their name are whole; the youngest becomes a shard again. Returns how many there are. */
    private int verifySnapshots(WriterProcess writer, History before) throws IOException {
        Path folder = data.resolve("snapshots");
        SnapshotDirectory.open(folder, data).close();
        List<Snapshot> whole = new ArrayList<>();
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.filter(Files::isDirectory).toList()) {
                Snapshot snapshot = Snapshot.open(entry);
                snapshot.verify();
                whole.add(snapshot);
            }
        }
        assertThat(whole)
                .extracting(snapshot -> snapshot.folder().getFileName().toString())
                .containsAll(writer.snapshots());
        whole.sort((a, b) -> Long.compare(index(b), index(a)));
        if (!whole.isEmpty()) {
            Path restored = directory.resolve("restored");
            whole.getFirst().restore(restored);
            long batch = index(whole.getFirst()) - shard.resent();
            assertThat(batch).as("batches in the snapshot").isLessThanOrEqualTo(history.batches());
            long asked = Long.parseLong(
                    whole.getFirst().folder().getFileName().toString().substring(6));
            assertThat(batch).as("batches acknowledged before the snapshot").isGreaterThanOrEqualTo(asked);
            new RecoveredShard(restored, shard.resent()).verify(before, batch, 0);
            Folders.removeTree(restored);
        }
        for (Snapshot snapshot : whole) {
            Folders.removeTree(snapshot.folder());
        }
        return whole.size();
    }

    private String line(CrashPlan plan, boolean reached, int snapshots) {
        return "%4d  %016x  %-14s %-7s %4d us  %-7s  %5d acked  %4d live  %2d segments  %2d snapshots  clean"
                .formatted(
                        cycle,
                        plan.stream(),
                        plan.point(),
                        plan.point().isStep() ? reached ? "no. " + plan.occurrence() : "missed" : "",
                        plan.delayMicros(),
                        weights.format(),
                        acknowledged,
                        shard.size().documents(),
                        shard.size().segments(),
                        snapshots);
    }

    private static long index(Snapshot snapshot) {
        return snapshot.manifest().checkpoint().appliedIndex();
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.allMatch(entry -> entry.toString().endsWith(".creating"));
        }
    }
}
