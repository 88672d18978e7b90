package io.millrace.trainer.run;

/** What somebody else asks of a run, looked at between steps. Safe for many threads. */
public final class RunControl {
    private volatile boolean stops;

    /** Ends the step that is being taken, saves the state and ends; the run can go on another time. */
    public void stop() {
        stops = true;
    }

    boolean stops() {
        return stops;
    }
}
