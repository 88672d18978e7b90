package io.millrace.trainer.run;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How a run ended.
 *
 * @param reason why
 * @param step steps taken
 * @param checkpoint the one to use, the best judged or else the last; empty if the run was stopped before its end
 */
public record RunOutcome(Reason reason, long step, Optional<Path> checkpoint) {
    /** Why a run ended. */
    public enum Reason {
        /** All steps were taken. */
        FINISHED,
        /** Judgements did not get better any more. */
        STOPPED_EARLY,
        /** Somebody asked it to; it can go on. */
        STOPPED
    }
}
