package io.millrace.deploy.bench.search;

/** Figures with as many digits as they deserve. */
final class Rounded {
    private Rounded() {}

    static double to(int digits, double value) {
        double unit = Math.pow(10, digits);
        return Math.round(value * unit) / unit;
    }
}
