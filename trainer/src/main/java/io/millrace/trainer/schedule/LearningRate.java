package io.millrace.trainer.schedule;

/**
 * The learning rate by optimiser step: a linear rise from 0, then constant or falling to 0. Factors are those of transformers'
 * {@code get_constant_|get_linear_|get_cosine_schedule_with_warmup}, where the first step has factor 0 if there is a warm-up.
 *
 * @param decay what follows the warm-up
 * @param peak the rate at the end of the warm-up, finite and at least 0
 * @param warmupSteps steps of the warm-up, at least 0
 * @param totalSteps steps of the whole training, warm-up included, at least 1
 */
public record LearningRate(Decay decay, double peak, long warmupSteps, long totalSteps) {
    /** What follows the warm-up. */
    public enum Decay {
        /** Nothing: the peak to the end. */
        CONSTANT,
        /** A straight line to 0 at the last step. */
        LINEAR,
        /** Half a wave of a cosine, to 0 at the last step (Loshchilov and Hutter 2017, arXiv 1608.03983). */
        COSINE
    }

    /** @throws IllegalArgumentException if a number is out of its range */
    public LearningRate {
        if (!(peak >= 0 && peak < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("learning rate is " + peak + "; it must be finite and at least 0");
        }
        if (warmupSteps < 0 || totalSteps < 1) {
            throw new IllegalArgumentException("a warm-up of " + warmupSteps + " steps in a training of " + totalSteps
                    + "; the first must be at least 0 and the second at least 1");
        }
    }

    /** A warm-up of a share of the training, rounded up to whole steps as transformers' {@code warmup_ratio} is. */
    public static LearningRate withWarmupShare(Decay decay, double peak, double share, long totalSteps) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("a warm-up of " + share + " of the training; give a share from 0 to 1");
        }
        return new LearningRate(decay, peak, (long) Math.ceil(totalSteps * share), totalSteps);
    }

    /**
     * The rate of a step.
     *
     * @param step how many optimiser steps were taken before this one, so 0 for the first
     */
    public double at(long step) {
        return peak * factor(step);
    }

    /** Share of the peak at a step, from 0 to 1. */
    public double factor(long step) {
        if (step < 0) {
            throw new IllegalArgumentException("step " + step + "; the first step is 0");
        }
        if (step < warmupSteps) {
            return (double) step / warmupSteps;
        }
        double left = Math.max(1, totalSteps - warmupSteps);
        return switch (decay) {
            case CONSTANT -> 1;
            case LINEAR -> Math.max(0, (totalSteps - step) / left);
            case COSINE -> step >= totalSteps ? 0 : 0.5 * (1 + Math.cos(Math.PI * ((step - warmupSteps) / left)));
        };
    }
}
