package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.vector.SparseVector;
import java.util.List;
import java.util.stream.IntStream;

/** Compares vectors term by term; a term that one of two vectors lacks has weight 0 there. */
final class VectorDistance {
    private VectorDistance() {}

    /** Largest difference of any term's weight. */
    static double largest(SparseVector a, SparseVector b) {
        return IntStream.concat(IntStream.of(a.ids()), IntStream.of(b.ids()))
                .mapToDouble(id -> Math.abs((double) a.weight(id) - b.weight(id)))
                .max()
                .orElse(0);
    }

    static void assertClose(List<SparseVector> actual, List<SparseVector> expected, double tolerance, String what) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(largest(actual.get(i), expected.get(i)))
                    .as("%s, text %d: %s against %s", what, i, actual.get(i), expected.get(i))
                    .isLessThanOrEqualTo(tolerance);
        }
    }
}
