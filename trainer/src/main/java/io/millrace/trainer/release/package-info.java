/**
 * What follows a run: where its checkpoint comes from, and how it is published. Start here:
 * {@link io.millrace.trainer.release.RunRelease}.
 */
@NullMarked
package io.millrace.trainer.release;

import org.jspecify.annotations.NullMarked;
