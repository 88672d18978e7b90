/**
 * What a student is distilled from: scores of query and document by some other model, from files or from several files
 * together, brought onto the scale that the student learns best from. Start here:
 * {@link io.millrace.trainer.teacher.ScoreSource}.
 */
@NullMarked
package io.millrace.trainer.teacher;

import org.jspecify.annotations.NullMarked;
