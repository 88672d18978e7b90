package io.millrace.trainer.regularizer;

import io.millrace.vector.SparseMatrix;

/**
 * FLOPS that presses on terms of long posting lists and leaves others alone (Porco et al. 2025, arXiv 2505.15070). A term of
 * document frequency x = DF/|C| weighs w(x) = 1 / (1 + (x^(log_α 2) − 1)^β): near 0 for rare terms, ½ at x = α, 1 at x = 1.
 *
 * <p>Frequencies come from a sample of documents that the trainer encodes every {@link #REFRESH_STEPS} steps
 * ({@link #refreshed}); they are constants to the gradient. Before the first sample every term weighs 1, which is FLOPS.
 *
 * @param grouping over which rows it averages
 * @param placement where the weight stands
 * @param alpha α, the document frequency at which a term weighs ½, between 0 and 1
 * @param beta β, how steeply the weight rises there, above 0
 * @param frequencies the last sample's
 */
public record DfFlops(
        RowGrouping grouping, Placement placement, double alpha, double beta, DocumentFrequencies frequencies)
        implements Regularizer {
    /** Steps between samples in the paper. */
    public static final int REFRESH_STEPS = 100;

    /** Where the weight of a term stands; accounts of the paper differ. */
    public enum Placement {
        /**
         * Σᵥ (wᵥ meanᵢ Rᵢᵥ)²: the formula as the paper's own text sets it, so what is meant by default. Half a weight is a
         * quarter of the pressure.
         */
        INSIDE_THE_SQUARE,
        /** Σᵥ wᵥ (meanᵢ Rᵢᵥ)²: how some reviews of the paper print it. */
        OUTSIDE_THE_SQUARE
    }

    /** @throws IllegalArgumentException if α does not lie between 0 and 1, or β is not above 0 */
    public DfFlops {
        if (!(alpha > 0 && alpha < 1)) {
            throw new IllegalArgumentException("DF-FLOPS has alpha " + alpha
                    + "; it is a share of the documents and must lie between 0 and 1, both excluded");
        }
        if (!(beta > 0 && beta < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("DF-FLOPS has beta " + beta + "; it must be finite and above 0");
        }
    }

    /** The same penalty with the frequencies of a new sample. */
    public DfFlops refreshed(DocumentFrequencies sample) {
        return new DfFlops(grouping, placement, alpha, beta, sample);
    }

    /** w(x), the weight of a term that a share x of the documents has. */
    public double weight(double share) {
        if (share == 0) {
            return 0;
        }
        // log_α 2 is negative, so the power is at least 1 for shares up to 1; rounding must not take it below.
        double power = Math.pow(share, Math.log(2) / Math.log(alpha));
        return 1 / (1 + Math.pow(Math.max(power - 1, 0), beta));
    }

    @Override
    public String name() {
        return "df_flops" + grouping.suffix() + (placement == Placement.OUTSIDE_THE_SQUARE ? "_outside" : "");
    }

    @Override
    public double add(SparseMatrix rows, int group, double scale, double[] gradient) {
        if (frequencies.counts().length != rows.columns()) {
            throw new IllegalArgumentException("document frequencies are of " + frequencies.counts().length
                    + " terms, the vectors of " + rows.columns() + "; count them with the same model");
        }
        if (frequencies.documents() == 0) {
            return new MeanSquares(grouping, 0, null).add(rows, group, scale, gradient);
        }
        double[] coefficients = new double[rows.columns()];
        for (int term = 0; term < coefficients.length; term++) {
            double weight = weight(frequencies.share(term));
            coefficients[term] = switch (placement) {
                case INSIDE_THE_SQUARE -> weight * weight;
                case OUTSIDE_THE_SQUARE -> weight;
            };
        }
        return new MeanSquares(grouping, 0, coefficients).add(rows, group, scale, gradient);
    }
}
