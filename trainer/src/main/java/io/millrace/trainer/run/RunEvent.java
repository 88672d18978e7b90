package io.millrace.trainer.run;

/** Something that happened in a run, and is in its log. */
public sealed interface RunEvent permits StepReport, Judgement {
    /** Steps taken when it happened. */
    long step();

    /** As a line of the log. */
    String toJson();
}
