package io.millrace.trainer.run;

/** What somebody else asks of a run, looked at between steps. Safe for many threads. */
public final class RunControl {
    /** What is asked. */
    private enum Wish {
        GO_ON,
        PAUSE,
        STOP
    }

    private Wish wish = Wish.GO_ON;

    /** Takes no further step until {@link #resume}; the state is saved meanwhile. */
    public synchronized void pause() {
        if (wish == Wish.GO_ON) {
            wish = Wish.PAUSE;
            notifyAll();
        }
    }

    /** Goes on after {@link #pause}. */
    public synchronized void resume() {
        if (wish == Wish.PAUSE) {
            wish = Wish.GO_ON;
            notifyAll();
        }
    }

    /** Saves the state and ends; the run can go on another time. */
    public synchronized void stop() {
        wish = Wish.STOP;
        notifyAll();
    }

    /** Whether the run is to stand still, paused or stopped. */
    synchronized boolean halts() {
        return wish != Wish.GO_ON;
    }

    /**
     * Waits while paused.
     *
     * @return whether to go on, rather than stop
     * @throws InterruptedException if the waiting thread is interrupted
     */
    synchronized boolean await() throws InterruptedException {
        while (wish == Wish.PAUSE) {
            wait();
        }
        return wish == Wish.GO_ON;
    }
}
