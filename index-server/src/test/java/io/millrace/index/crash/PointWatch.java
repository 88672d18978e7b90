package io.millrace.index.crash;

import io.millrace.index.shard.ShardObserver;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Prints {@code reached POINT} when a writing process is where it is to be killed, and goes no further if the plan says so.
 * Holds flushes and merges up until something was written meanwhile, so that their inputs lose documents under their hands.
 */
final class PointWatch implements ShardObserver {
    private static final int WRITES_MEANWHILE = 3;
    private static final long LONGEST_HOLD_NANOS = 20_000_000;

    private final CrashPlan plan;
    private final AtomicInteger passed = new AtomicInteger();
    private final AtomicLong commits = new AtomicLong();
    private volatile boolean quiet;

    PointWatch(CrashPlan plan) {
        this.plan = plan;
    }

    /** Whether nothing is written now. */
    void setQuiet(boolean now) {
        quiet = now;
    }

    @Override
    public void reached(Step step) {
        if (step == Step.FLUSH_BUILT || step == Step.MERGE_BUILT || step == Step.MERGE_STORED) {
            awaitWrites();
        }
        if (plan.point().is(step, quiet) && passed.incrementAndGet() == plan.occurrence()) {
            System.out.println("reached " + plan.point());
            while (plan.delayMicros() == 0) {
                LockSupport.park();
            }
        }
    }

    @Override
    public void committed(int operations, long nanos) {
        commits.incrementAndGet();
    }

    @Override
    public void maintenanceFailed(RuntimeException cause) {
        System.out.println("maintenance failed: " + cause.getMessage());
    }

    private void awaitWrites() {
        long until = commits.get() + WRITES_MEANWHILE;
        long end = System.nanoTime() + LONGEST_HOLD_NANOS;
        while (!quiet && commits.get() < until && System.nanoTime() - end < 0) {
            LockSupport.parkNanos(100_000);
        }
    }
}
