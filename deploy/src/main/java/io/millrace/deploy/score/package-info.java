/** Scores of query and document: made by models, measured, joined and mapped. Start here: {@link io.millrace.deploy.score.ScoreCommand}. */
@NullMarked
package io.millrace.deploy.score;

import org.jspecify.annotations.NullMarked;
