package io.millrace.evaluation.significance;

/** Student's t distribution, by the regularised incomplete beta function. */
final class StudentT {
    // The continued fraction below converges in O(√ν) steps.
    private static final int MOST_STEPS = 100_000;
    private static final double TINY = 1e-300;
    // From here on the series of gammaRatio is exact to the last bits (its next term is below 2e-15).
    private static final double LEAST_OF_SERIES = 50;

    private StudentT() {}

    /**
     * Probability of a value as far from 0 as {@code t}, on either side: I_x(ν/2, 1/2) with x = ν / (ν + t²) (Abramowitz and
     * Stegun, 26.7.1 and 26.5.27).
     *
     * @param freedom degrees of freedom ν, 1 or more
     */
    static double twoSided(double t, long freedom) {
        if (Double.isInfinite(t)) {
            return 0;
        }
        double square = t * t;
        double x = freedom / (freedom + square);
        double y = square / (freedom + square);
        double a = freedom / 2.0;
        if (y == 0) {
            return 1;
        }
        // x^a (1 − x)^½ / B(a, ½); log1p keeps the digits of x close to 1.
        double front = Math.exp(-a * Math.log1p(square / freedom)) * Math.sqrt(y) * gammaRatio(a) / Math.sqrt(Math.PI);
        return x < (a + 1) / (a + 2.5) ? front * fraction(a, 0.5, x) / a : 1 - front * fraction(0.5, a, y) / 0.5;
    }

    /** Γ(a + ½) / Γ(a), by its asymptotic series in 1/a (Tricomi and Erdélyi 1951), moved up where a is small. */
    private static double gammaRatio(double a) {
        double factor = 1;
        double n = a;
        while (n < LEAST_OF_SERIES) {
            factor *= n / (n + 0.5);
            n++;
        }
        double u = 1 / n;
        double series = 1
                + u
                        * (-1.0 / 8
                                + u
                                        * (1.0 / 128
                                                + u
                                                        * (5.0 / 1024
                                                                + u
                                                                        * (-21.0 / 32768
                                                                                + u
                                                                                        * (-399.0 / 262144
                                                                                                + u * 869.0
                                                                                                        / 4194304)))));
        return factor * Math.sqrt(n) * series;
    }

    /** The continued fraction of the incomplete beta function (Abramowitz and Stegun, 26.5.8), by Lentz's method. */
    private static double fraction(double a, double b, double x) {
        double c = 1;
        double d = 1 / nonZero(1 - (a + b) * x / (a + 1));
        double value = d;
        for (int m = 1; m <= MOST_STEPS; m++) {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 / nonZero(1 + even * d);
            c = nonZero(1 + even / c);
            value *= d * c;
            double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / nonZero(1 + odd * d);
            c = nonZero(1 + odd / c);
            double step = d * c;
            value *= step;
            if (Math.abs(step - 1) < Math.ulp(1.0)) {
                return value;
            }
        }
        throw new ArithmeticException("the incomplete beta function of a = " + a + ", b = " + b + ", x = " + x
                + " did not converge in " + MOST_STEPS + " steps");
    }

    private static double nonZero(double value) {
        return Math.abs(value) < TINY ? TINY : value;
    }
}
