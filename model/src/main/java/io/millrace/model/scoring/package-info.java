/**
 * Models that score a query and a document together: teachers for distillation, and re-rankers. Start here:
 * {@link io.millrace.model.scoring.PairScorer}.
 */
@NullMarked
package io.millrace.model.scoring;

import org.jspecify.annotations.NullMarked;
