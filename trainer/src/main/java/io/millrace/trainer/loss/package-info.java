/**
 * Ranking losses over sparse vectors, with their gradients: plain Java on the non-zeros, no tensors. Every loss is the mean
 * over a batch's queries of a function of one query's scores, so nothing larger than one query's scores is ever held. Sums
 * run in double in a fixed order: the same batch gives the same bits. Start here: {@link io.millrace.trainer.loss.LossMixture},
 * then {@link io.millrace.trainer.loss.RankingLoss}.
 */
@NullMarked
package io.millrace.trainer.loss;

import org.jspecify.annotations.NullMarked;
