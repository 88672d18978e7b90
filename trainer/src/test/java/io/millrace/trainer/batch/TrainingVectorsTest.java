package io.millrace.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingVectorsTest {
    private static final SparseMatrix QUERIES = RandomBatches.rows(new Random(1), 2, 9);
    private static final SparseMatrix DOCUMENTS = RandomBatches.rows(new Random(2), 6, 9);

    @Test
    void rowsMustMakeUpWholeGroups() {
        assertThat(new TrainingVectors(QUERIES, DOCUMENTS, 3).size()).isEqualTo(2);
        assertThatThrownBy(() -> new TrainingVectors(QUERIES, DOCUMENTS, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 queries and 6 documents, but 2 candidates a query make 4");
        assertThatThrownBy(() -> new TrainingVectors(QUERIES, DOCUMENTS, 0)).hasMessageContaining("0 candidates");
        assertThatThrownBy(() -> new TrainingVectors(QUERIES, DOCUMENTS, 1 << 30))
                .hasMessageContaining("make 2147483648");
        SparseMatrix none = SparseMatrix.of(List.of(), 9);
        assertThatThrownBy(() -> new TrainingVectors(none, none, 1)).hasMessageContaining("no query");
    }

    @Test
    void bothSidesMustShareAVocabulary() {
        SparseMatrix others = RandomBatches.rows(new Random(2), 6, 10);
        assertThatThrownBy(() -> new TrainingVectors(QUERIES, others, 3))
                .hasMessageContaining("queries have 9 terms and documents 10");
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -1f, 0f, -0f})
    void weightsThatDivergedAreNamed(float weight) {
        SparseMatrix query = SparseMatrix.of(List.of(new SparseVector(new int[] {4, 7}, new float[] {1, 2})), 9);
        SparseMatrix documents = RandomBatches.with(query, 1, weight);
        assertThatThrownBy(() -> new TrainingVectors(query, documents, 1))
                .isInstanceOf(InvalidVectorException.class)
                .hasMessageContaining("document 0 has weight " + weight + " at term 7")
                .hasMessageContaining("learning rate");
    }

    @Test
    void termsMustAscendWithinTheVocabulary() {
        SparseMatrix query = SparseMatrix.of(List.of(SparseVector.EMPTY), 9);
        for (int[] terms : new int[][] {{3, 3}, {5, 2}, {2, 9}, {-1, 2}}) {
            SparseMatrix documents = new SparseMatrix(9, new int[] {0, 2}, terms, new float[] {1, 1});
            assertThatThrownBy(() -> new TrainingVectors(query, documents, 1))
                    .isInstanceOf(InvalidVectorException.class)
                    .hasMessageContaining("must ascend and lie below 9");
        }
    }

    @Test
    void offsetsMustFitWhatIsStored() {
        SparseMatrix query = SparseMatrix.of(List.of(SparseVector.EMPTY), 9);
        int[] terms = {3, 4};
        float[] weights = {1, 1};
        assertThatThrownBy(() -> new TrainingVectors(query, new SparseMatrix(9, new int[] {0, 3}, terms, weights), 1))
                .hasMessageContaining("from 0 to 3, but 2 terms and 2 weights");
        assertThatThrownBy(() -> new TrainingVectors(query, new SparseMatrix(9, new int[] {1, 2}, terms, weights), 1))
                .hasMessageContaining("from 1 to 2");
        assertThatThrownBy(() ->
                        new TrainingVectors(query, new SparseMatrix(9, new int[] {0, 2, 1}, terms, weights), 2))
                .hasMessageContaining("document 1 ends at 1, before it begins at 2");
    }
}
