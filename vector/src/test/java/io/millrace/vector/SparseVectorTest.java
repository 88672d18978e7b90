package io.millrace.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SparseVectorTest {
    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f, -0f, -1f})
    void weightsThatAreNotFiniteAndPositiveAreRefused(float weight) {
        assertThatThrownBy(() -> new SparseVector(new int[] {1}, new float[] {weight}))
                .isInstanceOf(InvalidVectorException.class)
                .hasMessageContaining("weights[0]");
    }

    @Test
    void unsortedAndDuplicateIdsAreRefused() {
        assertThatThrownBy(() -> new SparseVector(new int[] {2, 1}, new float[] {1, 1}))
                .hasMessageContaining("ascend");
        assertThatThrownBy(() -> new SparseVector(new int[] {2, 2}, new float[] {1, 1}))
                .hasMessageContaining("duplicates");
        assertThatThrownBy(() -> new SparseVector(new int[] {2}, new float[] {1, 1}))
                .hasMessageContaining("one weight for each id");
    }

    @Test
    void aVectorTooLongToBeSparseIsRefused() {
        int[] ids = new int[SparseVector.MAX_NON_ZEROS + 1];
        assertThatThrownBy(() -> new SparseVector(ids, new float[ids.length])).hasMessageContaining("65537 entries");
    }

    @Test
    void dotProductSumsOverTheTermsOfBoth() {
        SparseVector a = new SparseVector(new int[] {1, 5, 9}, new float[] {1f, 2f, 3f});
        SparseVector b = new SparseVector(new int[] {5, 9, 12}, new float[] {10f, 100f, 1f});
        assertThat(a.dot(b)).isEqualTo(320.0);
        assertThat(a.dot(SparseVector.EMPTY)).isZero();
    }
}
