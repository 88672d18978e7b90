/** Scores pairs of query and document with a cross-encoder. Start here: {@link io.millrace.deploy.score.ScoreCommand}. */
@NullMarked
package io.millrace.deploy.score;

import org.jspecify.annotations.NullMarked;
