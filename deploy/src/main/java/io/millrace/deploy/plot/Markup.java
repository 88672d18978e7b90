package io.millrace.deploy.plot;

import java.util.Locale;

/** Text that becomes part of SVG or HTML. */
final class Markup {
    private Markup() {}

    /** A text in which nothing is markup: names of systems and files are whatever somebody typed. */
    static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.appendCodePoint(allowed(c) ? c : 0xFFFD);
            }
        });
        return escaped.toString();
    }

    /** What XML 1.0 allows in a document. */
    private static boolean allowed(int c) {
        return c == '\t' || c == '\n' || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) || c >= 0x10000;
    }

    /** A coordinate: a tenth of a pixel is as fine as anyone sees. */
    static String pixel(double value) {
        return String.format(Locale.ROOT, "%.1f", value + 0.0);
    }

    /** A value as it is read out. */
    static String figure(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }
}
