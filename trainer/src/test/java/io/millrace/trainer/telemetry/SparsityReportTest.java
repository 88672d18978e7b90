package io.millrace.trainer.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.batch.RandomBatches;
import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SparsityReportTest {
    private static final int COLUMNS = 15;

    private final SparseMatrix queries = RandomBatches.rows(new Random(1), 9, COLUMNS);
    private final SparseMatrix documents = RandomBatches.rows(new Random(2), 20, COLUMNS);

    @Test
    void figuresAreThoseCountedOneByOne() {
        SparsityReport report = SparsityReport.of(queries, documents);

        List<SparseVector> rows =
                IntStream.range(0, 20).mapToObj(documents::row).toList();
        double flops = 0;
        double longest = 0;
        int used = 0;
        for (int term = 0; term < COLUMNS; term++) {
            int at = term;
            double share = rows.stream().filter(row -> row.weight(at) > 0).count() / 20.0;
            double asked = IntStream.range(0, 9)
                            .filter(query -> queries.row(query).weight(at) > 0)
                            .count()
                    / 9.0;
            flops += asked * share;
            longest = Math.max(longest, share);
            used += share > 0 ? 1 : 0;
        }
        assertThat(report.flops()).isCloseTo(flops, within(1e-12));
        assertThat(report.longestList()).isEqualTo(longest);
        assertThat(report.used()).isEqualTo(used);
        assertThat(report.dead()).isCloseTo(1 - used / 15.0, within(1e-12));
        assertThat(report.touched()).isCloseTo(flops / report.queries().mean(), within(1e-12));
        assertThat(report.documents().empty())
                .isEqualTo(rows.stream().filter(SparseVector::isEmpty).count() / 20.0);
        assertThat(report.documents().mean()).isEqualTo(documents.terms().length / 20.0);
    }

    @Test
    void likenessIsTheMeanCosineOfAllPairs() {
        double sum = 0;
        int pairs = 0;
        for (int a = 0; a < 20; a++) {
            for (int b = 0; b < a; b++) {
                SparseVector one = documents.row(a);
                SparseVector other = documents.row(b);
                if (!one.isEmpty() && !other.isEmpty()) {
                    sum += one.dot(other) / Math.sqrt(one.dot(one) * other.dot(other));
                    pairs++;
                }
            }
        }

        assertThat(SparsityReport.of(queries, documents).likeness()).isCloseTo(sum / pairs, within(1e-12));
    }

    @Test
    void aSampleOfNothingIsNotLookedAt() {
        SparseMatrix none = SparseMatrix.of(List.of(), COLUMNS);
        assertThatThrownBy(() -> SparsityReport.of(queries, none)).hasMessageContaining("9 queries and 0 documents");
        assertThatThrownBy(() -> SparsityReport.of(queries, RandomBatches.rows(new Random(1), 2, 3)))
                .hasMessageContaining("15 terms and documents 3");
    }
}
