package io.millrace.trainer.run;

/** Hears of a run, on its thread. */
@FunctionalInterface
public interface RunListener {
    /** Something happened. */
    void happened(RunEvent event);
}
