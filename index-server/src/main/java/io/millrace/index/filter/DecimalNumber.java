package io.millrace.index.filter;

import java.nio.charset.StandardCharsets;

/**
 * What counts as a number among the values of a field: all of it is an optional sign, digits with an optional point among, before
 * or after them, and an optional exponent, and the nearest double is finite. Narrower than what Java parses, so that no text such
 * as "NaN", "1f" or "0x1p3" is one.
 */
final class DecimalNumber {
    private DecimalNumber() {}

    /** The number that a value is, or NaN. Zero has no sign. */
    static double parse(byte[] utf8) {
        if (!isDecimal(utf8)) {
            return Double.NaN;
        }
        double number = Double.parseDouble(new String(utf8, StandardCharsets.US_ASCII));
        return Double.isInfinite(number) ? Double.NaN : number + 0.0;
    }

    private static boolean isDecimal(byte[] text) {
        int at = skipSign(text, 0);
        int whole = skipDigits(text, at);
        int digits = whole - at;
        at = whole;
        if (at < text.length && text[at] == '.') {
            int fraction = skipDigits(text, at + 1);
            digits += fraction - at - 1;
            at = fraction;
        }
        if (digits == 0) {
            return false;
        }
        if (at < text.length && (text[at] | 0x20) == 'e') {
            int exponent = skipSign(text, at + 1);
            at = skipDigits(text, exponent);
            if (at == exponent) {
                return false;
            }
        }
        return at == text.length;
    }

    private static int skipSign(byte[] text, int at) {
        return at < text.length && (text[at] == '-' || text[at] == '+') ? at + 1 : at;
    }

    private static int skipDigits(byte[] text, int from) {
        int at = from;
        while (at < text.length && text[at] >= '0' && text[at] <= '9') {
            at++;
        }
        return at;
    }
}
