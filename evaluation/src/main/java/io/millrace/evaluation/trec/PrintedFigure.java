package io.millrace.evaluation.trec;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Figures as trec_eval prints them. */
public final class PrintedFigure {
    private static final int DIGITS = 4;

    private PrintedFigure() {}

    /**
     * Four digits behind the point, as C's {@code %6.4f}: the exact binary value is rounded, a half to the even digit. Java's own
     * {@code %.4f} rounds .03125 up.
     */
    public static String of(double value) {
        return new BigDecimal(value).setScale(DIGITS, RoundingMode.HALF_EVEN).toPlainString();
    }
}
