/**
 * Judged queries and an exact search for them, in memory: how good a model is while it is trained and before it is published.
 * Start here: {@link io.millrace.trainer.validation.JudgedQueries}.
 */
@NullMarked
package io.millrace.trainer.validation;

import org.jspecify.annotations.NullMarked;
