/**
 * Texts laid out for the stacks that read them, and grouped so that a batch is a bounded amount of work. Start here:
 * {@link io.millrace.model.batch.InputLayout}.
 */
@NullMarked
package io.millrace.model.batch;

import org.jspecify.annotations.NullMarked;
