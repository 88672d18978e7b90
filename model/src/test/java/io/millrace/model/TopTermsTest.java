package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.vector.SparseVector;
import org.junit.jupiter.api.Test;

class TopTermsTest {
    private static final SparseVector VECTOR = new SparseVector(new int[] {2, 5, 7, 9}, new float[] {1f, 3f, 1f, 2f});

    @Test
    void keepsTheHeaviestAndTheSmallerIdOnTies() {
        assertThat(TopTerms.keep(VECTOR, 3)).isEqualTo(new SparseVector(new int[] {2, 5, 9}, new float[] {1f, 3f, 2f}));
        assertThat(TopTerms.keep(VECTOR, 1)).isEqualTo(new SparseVector(new int[] {5}, new float[] {3f}));
    }

    @Test
    void keepsAllWithoutALimitOrBelowIt() {
        assertThat(TopTerms.keep(VECTOR, 0)).isSameAs(VECTOR);
        assertThat(TopTerms.keep(VECTOR, 4)).isSameAs(VECTOR);
    }
}
