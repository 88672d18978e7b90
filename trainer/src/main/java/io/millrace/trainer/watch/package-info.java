/**
 * A run's log as a stream of updates, read while it is written. Start here: {@link io.millrace.trainer.watch.LogTail}.
 */
@NullMarked
package io.millrace.trainer.watch;

import org.jspecify.annotations.NullMarked;
