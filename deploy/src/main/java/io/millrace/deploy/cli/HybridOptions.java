package io.millrace.deploy.cli;

import io.millrace.v1.HybridChoice;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the lexical terms of a hybrid space are weighted. */
public final class HybridOptions {
    @Option(
            names = "--mixing-weight",
            paramLabel = "W",
            description = "Hybrid: what BM25 counts against the model's score. Default: 0.75.")
    private @Nullable Double mixingWeight;

    @Option(
            names = "--average-length",
            paramLabel = "TERMS",
            description = "Hybrid: length of an average document, in terms. Default: measured on the first documents,"
                    + " 100 where there are none.")
    private @Nullable Double averageLength;

    @Option(
            names = "--k1",
            paramLabel = "K1",
            description = "Hybrid: how soon a term's repetitions saturate. Default: 1.2.")
    private @Nullable Double k1;

    @Option(
            names = "--b",
            paramLabel = "B",
            description = "Hybrid: how much longer documents are held back, 0 to 1. Default: 0.75.")
    private @Nullable Double b;

    /** Whether any of them was given. */
    public boolean given() {
        return mixingWeight != null || averageLength != null || k1 != null || b != null;
    }

    /** What was given; the rest is the cluster's choice. */
    public HybridChoice choice() {
        HybridChoice.Builder choice = HybridChoice.newBuilder();
        if (mixingWeight != null) {
            choice.setMixingWeight(mixingWeight);
        }
        if (averageLength != null) {
            choice.setAverageLength(averageLength);
        }
        if (k1 != null) {
            choice.setK1(k1);
        }
        if (b != null) {
            choice.setB(b);
        }
        return choice.build();
    }
}
