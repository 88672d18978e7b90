/**
 * A training run from its recipe to its checkpoint: steps, saved states, judgements of checkpoints, and a log. Start here:
 * {@link io.millrace.trainer.run.TrainingRun}.
 */
@NullMarked
package io.millrace.trainer.run;

import org.jspecify.annotations.NullMarked;
