package io.millrace.trainer.loss;

import io.millrace.trainer.batch.DotProducts;
import io.millrace.trainer.batch.TrainingVectors;
import io.millrace.trainer.batch.VectorGradients;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The ranking part of an objective: one loss, or several with their weights. Stateless and safe for any thread.
 *
 * @param parts the losses and their weights, at least one
 */
public record LossMixture(List<Part> parts) {
    /** Queries whose scores are held at once: 32 MB with 16,384 documents, and enough for many processors. */
    private static final int BLOCK = 128;

    /**
     * A loss and its weight.
     *
     * @param weight finite and at least 0
     * @param loss the loss
     */
    public record Part(double weight, RankingLoss loss) {
        /** @throws IllegalArgumentException if the weight is negative or not a number */
        public Part {
            if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        loss.name() + " has weight " + weight + "; weights must be finite and at least 0");
            }
        }
    }

    /** @throws IllegalArgumentException if there is no loss */
    public LossMixture {
        parts = List.copyOf(parts);
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("an objective needs a ranking loss; without one nothing is learned");
        }
    }

    /** One loss. */
    public static LossMixture of(RankingLoss loss) {
        return new LossMixture(List.of(new Part(1, loss)));
    }

    /** lsr's JointKLMSE: 1 · KL + 0.05 · MarginMSE. */
    public static LossMixture jointKlMse() {
        return new LossMixture(List.of(new Part(1, new KlDivergence(1)), new Part(0.05, new MarginMse())));
    }

    /**
     * What SPLADE-v3 (arXiv 2403.06789) was trained with, in the weights of naver/splade's trainer: 0.99 · KL, 0.05 · MarginMSE
     * over all ordered pairs, 0.01 · InfoNCE against all hard negatives of the batch.
     */
    public static LossMixture spladeV3() {
        return new LossMixture(List.of(
                new Part(0.01, new InfoNce(1, true, InfoNce.InBatch.NEGATIVES)),
                new Part(0.05, new MarginMse(MarginMse.Margins.ALL_ORDERED)),
                new Part(0.99, new KlDivergence(1))));
    }

    /** Contrastive learning with distillation, (InfoNCE + KL) / 2 (Scaling Sparse and Dense Retrieval, arXiv 2502.15526). */
    public static LossMixture contrastiveAndDistillation() {
        return new LossMixture(List.of(new Part(0.5, new InfoNce()), new Part(0.5, new KlDivergence(1))));
    }

    /**
     * The losses of a batch, each the mean over its queries and unweighted, in the order of the parts.
     *
     * @param vectors the batch
     * @param supervision what is known of it
     * @param into gradients of the weighted sum are added here
     * @throws IllegalArgumentException if the supervision does not fit the vectors, or a loss cannot learn from them
     */
    public double[] add(TrainingVectors vectors, Supervision supervision, VectorGradients into) {
        supervision.check(vectors);
        boolean batch = false;
        for (Part part : parts) {
            part.loss().check(vectors, supervision);
            batch |= part.loss().needsBatch();
        }
        DotProducts products = batch ? DotProducts.withBatch(vectors) : DotProducts.withCandidates(vectors);
        int size = vectors.size();
        double[] sums = new double[parts.size()];
        for (int from = 0; from < size; from += BLOCK) {
            int count = Math.min(BLOCK, size - from);
            double[][] scores = new double[count][products.documents()];
            double[][] ofScores = new double[count][products.documents()];
            double[][] values = new double[count][parts.size()];
            products.score(from, scores);
            int first = from;
            IntStream.range(0, count).parallel().forEach(i -> {
                QueryScores query = new QueryScores(first + i, vectors.group(), scores[i], supervision);
                for (int k = 0; k < parts.size(); k++) {
                    Part part = parts.get(k);
                    values[i][k] = part.loss().add(query, part.weight() / size, ofScores[i]);
                }
            });
            for (double[] ofQuery : values) {
                for (int k = 0; k < sums.length; k++) {
                    sums[k] += ofQuery[k];
                }
            }
            products.addGradients(from, ofScores, into);
        }
        for (int k = 0; k < sums.length; k++) {
            sums[k] /= size;
        }
        return sums;
    }
}
