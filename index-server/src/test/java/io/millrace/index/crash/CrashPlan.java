package io.millrace.index.crash;

import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.ShardLimits;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * How a {@link CrashWriter} writes, and where it is killed.
 *
 * @param stream seed of its operations
 * @param resent indices of the shard that were given to batches written a second time
 * @param weights of the shard, if it has to be made
 * @param flushDocuments documents of its write buffer
 * @param inFlight batches on their way
 * @param pauseEvery batches between two pauses long enough for merges in quiet moments; 0 for none
 * @param snapshotEvery batches between two snapshots; 0 for none
 * @param point where it is killed
 * @param occurrence at which time there
 * @param delayMicros how long after; at 0 the thread that is there goes no further
 */
record CrashPlan(
        long stream,
        long resent,
        WeightScheme weights,
        int flushDocuments,
        int inFlight,
        int pauseEvery,
        int snapshotEvery,
        CrashPoint point,
        int occurrence,
        long delayMicros) {
    /** Batches after which a point is given up. */
    static final int MAX_BATCHES = 400;

    private static final Duration QUIET = Duration.ofMillis(15);

    /** Writes until somebody kills it, without pauses and snapshots. */
    static CrashPlan steady(long stream) {
        return new CrashPlan(stream, 0, WeightScheme.float32(), 40, 3, 0, 0, CrashPoint.NEVER, 0, 0);
    }

    /** Writes so slowly that segments are merged between two batches, and flushes nothing. */
    static CrashPlan merging(long stream) {
        return new CrashPlan(stream, 0, WeightScheme.float32(), 1_000, 1, 1, 0, CrashPoint.NEVER, 0, 0);
    }

    /** A plan drawn for a point. */
    static CrashPlan draw(Random random, CrashPoint point, long stream, long resent, WeightScheme weights) {
        boolean snapshots = point.name().startsWith("CHECKPOINT");
        boolean quiet = point.name().startsWith("QUIET");
        return new CrashPlan(
                stream,
                resent,
                weights,
                4 + random.nextInt(20),
                1 + random.nextInt(8),
                quiet || random.nextInt(3) == 0 ? 10 + random.nextInt(20) : 0,
                snapshots || random.nextInt(3) == 0 ? 6 + random.nextInt(20) : 0,
                point,
                1 + random.nextInt(point.name().startsWith("COMMIT") ? 40 : 3),
                random.nextBoolean() ? 0 : random.nextInt(4_000));
    }

    /** Tiny, so that flushes and merges are always under way. */
    ShardLimits limits() {
        return new ShardLimits(flushDocuments, 1L << 40, 1_000_000, 0, QUIET);
    }

    List<String> arguments() {
        return List.of(
                Long.toString(stream),
                Long.toString(resent),
                Float.toString(weights.maxWeight()),
                Integer.toString(flushDocuments),
                Integer.toString(inFlight),
                Integer.toString(pauseEvery),
                Integer.toString(snapshotEvery),
                point.name(),
                Integer.toString(occurrence),
                Long.toString(delayMicros));
    }

    static CrashPlan parse(List<String> arguments) {
        float maxWeight = Float.parseFloat(arguments.get(2));
        return new CrashPlan(
                Long.parseLong(arguments.get(0)),
                Long.parseLong(arguments.get(1)),
                maxWeight == 0 ? WeightScheme.float32() : WeightScheme.uint8(maxWeight),
                Integer.parseInt(arguments.get(3)),
                Integer.parseInt(arguments.get(4)),
                Integer.parseInt(arguments.get(5)),
                Integer.parseInt(arguments.get(6)),
                CrashPoint.valueOf(arguments.get(7)),
                Integer.parseInt(arguments.get(8)),
                Long.parseLong(arguments.get(9)));
    }
}
