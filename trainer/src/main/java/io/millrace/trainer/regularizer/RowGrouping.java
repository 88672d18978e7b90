package io.millrace.trainer.regularizer;

/**
 * Over which rows a FLOPS penalty averages before it squares. Documents of a query are its positive and its negatives; queries
 * are all of one kind, so for them every grouping is the same.
 */
public enum RowGrouping {
    /** Over all rows: the definition (Paria et al. 2020, arXiv 2004.05665), naver's trainer for Hugging Face, sentence-transformers. */
    TOGETHER,
    /** Over positives and over negatives, mean of both: naver/splade and lsr. Without negatives it is that of the positives. */
    POSITIVES_AND_NEGATIVES,
    /**
     * As before, with weights 0.25 and 0.75: what the published code of Decoder4LSR computes, which counts the negatives once
     * more than its paper says. For comparison with it.
     */
    DECODER4LSR,
    /** Over each place of a candidate (all positives, all first negatives, …), summed over the places: OpenSearch. */
    BY_CANDIDATE;

    /** What a penalty's name says of it. */
    String suffix() {
        return switch (this) {
            case TOGETHER -> "";
            case POSITIVES_AND_NEGATIVES -> "_positives_and_negatives";
            case DECODER4LSR -> "_decoder4lsr";
            case BY_CANDIDATE -> "_by_candidate";
        };
    }

    /** Number of kinds of rows. */
    int kinds(int group) {
        return switch (this) {
            case TOGETHER -> 1;
            case POSITIVES_AND_NEGATIVES, DECODER4LSR -> Math.min(group, 2);
            case BY_CANDIDATE -> group;
        };
    }

    /** Kind of a candidate. */
    int kindOf(int candidate) {
        return switch (this) {
            case TOGETHER -> 0;
            case POSITIVES_AND_NEGATIVES, DECODER4LSR -> Math.min(candidate, 1);
            case BY_CANDIDATE -> candidate;
        };
    }

    /** What a kind weighs in the sum over kinds. */
    double weight(int kind, int group) {
        return switch (this) {
            case TOGETHER, BY_CANDIDATE -> 1;
            case POSITIVES_AND_NEGATIVES -> group == 1 ? 1 : 0.5;
            case DECODER4LSR -> group == 1 ? 1 : kind == 0 ? 0.25 : 0.75;
        };
    }
}
