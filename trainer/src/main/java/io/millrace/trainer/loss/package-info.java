/**
 * Ranking losses over sparse vectors, with their gradients: plain Java on the non-zeros, no tensors. Every loss is the mean
 * over a batch's queries of a function of one query's scores, so no more than some queries' scores are held at once. Sums
 * run in double in a fixed order: the same batch gives the same bits, on any number of processors. Start here:
 * {@link io.millrace.trainer.loss.LossMixture}, then {@link io.millrace.trainer.loss.RankingLoss}.
 */
@NullMarked
package io.millrace.trainer.loss;

import org.jspecify.annotations.NullMarked;
