package io.millrace.encoder;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Holds inferences back until a test lets them pass. */
public final class Gate {
    private static final int OPEN = 1 << 20;

    private final Semaphore passes = new Semaphore(0);
    private final Semaphore arrivals = new Semaphore(0);
    private int seen;

    /** Called by the one that is held back. */
    public void pass() {
        arrivals.release();
        acquire(passes, 1, "nobody opened the gate");
    }

    /** Lets this many pass. */
    public void let(int inferences) {
        passes.release(inferences);
    }

    /** Lets all pass from now on. */
    public void open() {
        passes.release(OPEN);
    }

    /** Waits until this many in all have come. */
    public void awaitArrivals(int inferences) {
        acquire(arrivals, inferences - seen, "inference " + inferences + " did not come");
        seen = inferences;
    }

    /** Sleeps. */
    public static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void acquire(Semaphore semaphore, int permits, String otherwise) {
        try {
            if (!semaphore.tryAcquire(permits, 20, TimeUnit.SECONDS)) {
                throw new AssertionError(otherwise);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
