package io.millrace.index.crash;

import io.millrace.index.shard.ShardObserver.Step;
import org.jspecify.annotations.Nullable;

/** Where a writing process is killed. */
enum CrashPoint {
    /** It is not. */
    NEVER,
    /** A random time after it began to open the shard, or to create it. */
    OPENING,
    /** A random time after it began to write. */
    ANY,
    COMMITTING(Step.COMMITTING),
    COMMITTED(Step.COMMITTED),
    FLUSH_BUILT(Step.FLUSH_BUILT),
    FLUSH_STORED(Step.FLUSH_STORED),
    FLUSH_NAMING(Step.FLUSH_NAMING),
    FLUSH_NAMED(Step.FLUSH_NAMED),
    MERGE_BUILT(Step.MERGE_BUILT),
    MERGE_STORED(Step.MERGE_STORED),
    MERGE_NAMING(Step.MERGE_NAMING),
    MERGE_NAMED(Step.MERGE_NAMED),
    MERGE_REMOVED(Step.MERGE_REMOVED),
    CHECKPOINTING(Step.CHECKPOINTING),
    CHECKPOINTED(Step.CHECKPOINTED),
    /** A merge while nothing is written. */
    QUIET_BUILT(Step.MERGE_BUILT),
    QUIET_STORED(Step.MERGE_STORED),
    QUIET_NAMING(Step.MERGE_NAMING),
    QUIET_NAMED(Step.MERGE_NAMED);

    private final @Nullable Step step;

    CrashPoint() {
        this(null);
    }

    CrashPoint(@Nullable Step step) {
        this.step = step;
    }

    /** Whether the process itself says when it is there. */
    boolean isStep() {
        return step != null;
    }

    /** Whether a step is this point; only merges are told apart by whether something is written meanwhile. */
    boolean is(Step reached, boolean quiet) {
        boolean merge = name().startsWith("MERGE") || name().startsWith("QUIET");
        return reached == step && (!merge || quiet == name().startsWith("QUIET"));
    }
}
