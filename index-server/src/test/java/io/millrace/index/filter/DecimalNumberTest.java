package io.millrace.index.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which values are numbers. */
class DecimalNumberTest {
    @Test
    void decimalNumbersAreRead() {
        assertThat(parse("2020")).isEqualTo(2020);
        assertThat(parse("-1.50")).isEqualTo(-1.5);
        assertThat(parse("+.5")).isEqualTo(.5);
        assertThat(parse("7.")).isEqualTo(7);
        assertThat(parse("6.02E+23")).isEqualTo(6.02e23);
        assertThat(parse("1e-400")).isZero();
        assertThat(parse("9".repeat(300))).isEqualTo(1e300);
    }

    @Test
    void zeroHasNoSign() {
        assertThat(Double.doubleToRawLongBits(parse("-0.0"))).isZero();
    }

    @Test
    void everythingElseIsNoNumber() {
        for (String text : List.of(
                "",
                "-",
                ".",
                "e5",
                "1e",
                "1e+",
                "1.2.3",
                "1,000",
                " 1",
                "1 ",
                "0x10",
                "0x1p3",
                "1f",
                "1d",
                "NaN",
                "Infinity",
                "-Infinity",
                "1e400",
                "--1",
                "١",
                "1\u0000")) {
            assertThat(parse(text)).as(text).isNaN();
        }
    }

    private static double parse(String text) {
        return DecimalNumber.parse(text.getBytes(StandardCharsets.UTF_8));
    }
}
