package io.millrace.trainer.objective;

import io.millrace.trainer.batch.TrainingVectors;
import io.millrace.trainer.batch.VectorGradients;
import io.millrace.trainer.loss.LossMixture;
import io.millrace.trainer.loss.Supervision;
import io.millrace.trainer.regularizer.DfFlops;
import io.millrace.trainer.regularizer.DocumentFrequencies;
import io.millrace.vector.SparseMatrix;
import java.util.ArrayList;
import java.util.List;

/**
 * What training minimises: L = L_rank + λ_q R(q) + λ_d R(d) (Decoder4LSR, eq. 10), with any number of losses and penalties.
 * It takes a batch's vectors and gives back a slope for each of their weights; a batch may be encoded in pieces before and
 * walked back through in pieces after (gradient caching, Gao et al. 2021, arXiv 2101.06983), since losses and penalties see it
 * whole either way. Immutable and safe for any thread.
 *
 * @param ranking the ranking losses
 * @param penalties the regularisers
 */
public record Objective(LossMixture ranking, List<Penalty> penalties) {
    public Objective {
        penalties = List.copyOf(penalties);
    }

    /**
     * The objective of a batch.
     *
     * @param vectors the batch
     * @param supervision what is known of it beside the vectors
     * @param step how many optimiser steps were taken before this one; λ follows it
     * @throws IllegalArgumentException if a loss cannot learn from the batch, or the supervision does not fit it
     */
    public StepObjective evaluate(TrainingVectors vectors, Supervision supervision, long step) {
        return evaluate(vectors, supervision, step, 1);
    }

    /**
     * The same with gradients of another size: 1/n where n batches make up one optimiser step, or the scale that keeps small
     * gradients from vanishing in half precision. Values are not scaled.
     *
     * @param gradientScale factor of the gradients
     */
    public StepObjective evaluate(TrainingVectors vectors, Supervision supervision, long step, double gradientScale) {
        VectorGradients gradients = VectorGradients.of(vectors);
        List<ObjectiveTerm> terms = new ArrayList<>();
        double[] losses = ranking.add(vectors, supervision, gradients);
        for (int i = 0; i < losses.length; i++) {
            LossMixture.Part part = ranking.parts().get(i);
            terms.add(new ObjectiveTerm(part.loss().name(), losses[i], part.weight()));
        }
        for (Penalty penalty : penalties) {
            double lambda = penalty.lambdaAt(step);
            double value = switch (penalty.side()) {
                case QUERIES -> add(penalty, vectors.queries(), 1, lambda, gradients.queries());
                case DOCUMENTS -> add(penalty, vectors.documents(), vectors.group(), lambda, gradients.documents());
            };
            terms.add(new ObjectiveTerm(penalty.name(), value, lambda));
        }
        double total = 0;
        for (ObjectiveTerm term : terms) {
            total += term.contribution();
        }
        return new StepObjective(
                total,
                List.copyOf(terms),
                rounded(gradients.queries(), gradientScale),
                rounded(gradients.documents(), gradientScale),
                BatchStatistics.of(vectors));
    }

    /**
     * Whether document frequencies are to be counted anew before a step: where a penalty uses them, at the first step and every
     * so many after it.
     *
     * @param step how many optimiser steps were taken before this one
     * @param every steps between samples, such as {@link DfFlops#REFRESH_STEPS}
     */
    public boolean wantsFrequencies(long step, long every) {
        return step % every == 0 && penalties.stream().anyMatch(penalty -> penalty.regularizer() instanceof DfFlops);
    }

    /** The same objective, with the frequencies of a new sample wherever a penalty uses them. */
    public Objective withFrequencies(DocumentFrequencies sample) {
        return new Objective(
                ranking,
                penalties.stream()
                        .map(penalty -> penalty.regularizer() instanceof DfFlops flops
                                ? new Penalty(penalty.side(), flops.refreshed(sample), penalty.lambda(), penalty.ramp())
                                : penalty)
                        .toList());
    }

    private static double add(Penalty penalty, SparseMatrix rows, int group, double lambda, double[] gradient) {
        return penalty.regularizer().add(rows, group, lambda, gradient);
    }

    private static float[] rounded(double[] gradient, double scale) {
        float[] slopes = new float[gradient.length];
        for (int i = 0; i < slopes.length; i++) {
            slopes[i] = (float) (scale * gradient[i]);
        }
        return slopes;
    }
}
