package io.millrace.trainer.schedule;

/**
 * How the weight λ of a regulariser rises over the first T optimiser steps: too much of it at once and every vector is driven
 * to nothing before the model has learned what to keep.
 *
 * @param shape how it rises
 * @param steps T, at least 0; with 0 it is full from the first step on
 * @param counting how the first step counts; published code differs
 */
public record Ramp(Shape shape, long steps, Counting counting) {
    /** How λ rises with r, the share of the ramp that is done. */
    public enum Shape {
        /** λ r² (Paria et al. 2020; SPLADE). */
        QUADRATIC,
        /** λ r. */
        LINEAR,
        /** λ at every step. */
        CONSTANT
    }

    /** What r is at a step, the first step being 0. */
    public enum Counting {
        /** (step + 1) / T, so the first step has 1/T and step T − 1 is full: naver/splade, tevatron, OpenSearch. */
        NAVER,
        /** (step + 1) / (T + 1), so the first step has 1/(T + 1) and step T is full: naver/splade's trainer for Hugging Face. */
        NAVER_HF,
        /** step / T, so the first step has 0 and step T is full: lsr, Decoder4LSR, sentence-transformers. */
        LSR
    }

    /** Full from the first step on. */
    public static final Ramp NONE = new Ramp(Shape.CONSTANT, 0, Counting.NAVER);

    /** @throws IllegalArgumentException if the number of steps is negative */
    public Ramp {
        if (steps < 0) {
            throw new IllegalArgumentException("a ramp of " + steps + " steps; give 0 for none, or more");
        }
    }

    /**
     * Factor of λ, from 0 to 1.
     *
     * @param step how many optimiser steps were taken before this one, so 0 for the first
     */
    public double factor(long step) {
        if (step < 0) {
            throw new IllegalArgumentException("step " + step + "; the first step is 0");
        }
        if (shape == Shape.CONSTANT || step >= steps) {
            return 1;
        }
        double share = switch (counting) {
            case NAVER -> (step + 1) / (double) steps;
            case NAVER_HF -> (step + 1) / (steps + 1.0);
            case LSR -> step / (double) steps;
        };
        return shape == Shape.QUADRATIC ? share * share : share;
    }
}
