/**
 * The trainer as a server: runs that others start, watch, pause, resume and stop, and that survive it. Start here:
 * {@link io.millrace.trainer.serve.TrainingRuns}.
 */
@NullMarked
package io.millrace.trainer.serve;

import org.jspecify.annotations.NullMarked;
