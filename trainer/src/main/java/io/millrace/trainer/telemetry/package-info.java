/**
 * Whether a checkpoint's vectors are still good for an inverted index: what they look like, and what is refused. Start here:
 * {@link io.millrace.trainer.telemetry.SparsityReport}, then {@link io.millrace.trainer.telemetry.SparsityGate}.
 */
@NullMarked
package io.millrace.trainer.telemetry;

import org.jspecify.annotations.NullMarked;
