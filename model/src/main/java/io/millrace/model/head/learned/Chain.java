package io.millrace.model.head.learned;

import io.millrace.model.contract.Rectifier;

/**
 * Derivatives of weights by what stands before rectifier and logarithms.
 *
 * @param logarithms how often log1p is applied
 */
record Chain(int logarithms) {
    /** What went into the logarithms, of a weight that came out of them. */
    double before(double weight) {
        double value = weight;
        for (int i = 0; i < logarithms; i++) {
            value = Math.expm1(value);
        }
        return value;
    }

    /** A weight, of what goes into the logarithms. */
    double after(double value) {
        double weight = value;
        for (int i = 0; i < logarithms; i++) {
            weight = Math.log1p(weight);
        }
        return weight;
    }

    /** Derivative of a weight by what went into the logarithms: each is 1 / (1 + its argument). */
    double slope(double weight) {
        double value = weight;
        double slope = 1;
        for (int i = 0; i < logarithms; i++) {
            value = Math.expm1(value);
            slope /= 1 + value;
        }
        return slope;
    }

    /** A rectified value. */
    static double rectified(Rectifier rectifier, double value) {
        return switch (rectifier) {
            case RELU -> Math.max(value, 0);
            case SOFTPLUS -> Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));
        };
    }

    /** Derivative of a rectified value. */
    static double slope(Rectifier rectifier, double value) {
        return switch (rectifier) {
            case RELU -> value > 0 ? 1 : 0;
            case SOFTPLUS -> 1 / (1 + Math.exp(-value));
        };
    }
}
