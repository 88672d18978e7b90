package io.millrace.trainer.inspection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.evaluation.MetricNames;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.trainer.recipe.InvalidRecipeException;
import io.millrace.trainer.telemetry.SparsityGate;
import io.millrace.trainer.validation.EvaluatedCollection;
import io.millrace.v1.EvaluationFigure;
import io.millrace.v1.SparsityFindings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class InspectionTest {
    private static final SparseEncoder HEALTHY = new WordEncoder(terms -> terms);

    @TempDir
    private Path folder;

    /**
     * A way to collapse.
     *
     * @param terms what becomes of a text's
     * @param named what the refusal names
     */
    record Collapse(Function<int[], int[]> terms, String named) {
        @Override
        public String toString() {
            return named;
        }
    }

    static List<Collapse> collapses() {
        return List.of(
                new Collapse(
                        terms -> IntStream.range(0, WordEncoder.TERMS).toArray(),
                        "non-zeros of a document is 4.10e+03, the limit 1.50e+03"),
                new Collapse(
                        terms -> IntStream.range(0, 50).toArray(),
                        "mean cosine of two documents is 1.00, the limit 0.500"),
                new Collapse(
                        terms -> IntStream.of(terms).map(term -> term % 40).toArray(),
                        "terms of all documents together by those of one"),
                new Collapse(terms -> new int[0], "share of empty documents is 1.00, the limit 0.0200"),
                new Collapse(terms -> new int[] {terms[0]}, "non-zeros of a document is 1.00, at least 4.00 is wanted"),
                new Collapse(
                        terms -> IntStream.concat(IntStream.range(0, 30), IntStream.of(terms))
                                .toArray(),
                        "share of a document's terms that nearly every document has"));
    }

    @Test
    void theUsualTextsAreManyAndEachIsThereOnce() {
        SampleTexts texts = SampleTexts.usual();

        assertThat(texts.documents()).hasSizeGreaterThanOrEqualTo(64).doesNotHaveDuplicates();
        assertThat(texts.queries()).hasSizeGreaterThanOrEqualTo(48).doesNotHaveDuplicates();
        HashSet<String> both = new HashSet<>(texts.queries());
        both.retainAll(texts.documents());
        assertThat(both).isEmpty();
    }

    @Test
    void anEncoderOfWordsPassesAndIsDescribed() throws Exception {
        SparsityFindings found = Inspection.USUAL.inspect(HEALTHY, "words").sparsity();

        assertThat(found.getSample()).isEqualTo("millrace");
        assertThat(found.getDocuments())
                .isEqualTo(SampleTexts.usual().documents().size());
        assertThat(found.getDocumentNonZeros()).isBetween(10.0, 40.0);
        assertThat(found.getDead()).isBetween(0.5, 1.0);
        assertThat(found.getGateOff()).isFalse();
        assertThat(found.getRefusal()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("collapses")
    void aCollapsedModelIsRefusedByFigureAndLimit(Collapse collapse) {
        assertThatThrownBy(() -> Inspection.USUAL.inspect(new WordEncoder(collapse.terms), "runs/x/best"))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("runs/x/best is not published")
                .hasMessageContaining(collapse.named)
                .hasMessageContaining("the trainer's own English sentences")
                .hasMessageContaining("--no-gate");
    }

    @ParameterizedTest
    @MethodSource("collapses")
    void withoutTheGateItPassesAndTheFindingsSayWhatWasSeen(Collapse collapse) throws Exception {
        SparsityFindings found = new Inspection(Optional.empty(), Optional.empty())
                .inspect(new WordEncoder(collapse.terms), "model")
                .sparsity();

        assertThat(found.getGateOff()).isTrue();
        assertThat(found.getRefusal()).contains(collapse.named);
    }

    private EvaluatedCollection collection(int documents) throws IOException {
        Path collection = folder.resolve("numbers");
        Files.createDirectories(collection.resolve("qrels"));
        StringBuilder corpus = new StringBuilder();
        StringBuilder queries = new StringBuilder();
        StringBuilder qrels = new StringBuilder("query-id\tcorpus-id\tscore\n");
        for (int i = 0; i < documents; i++) {
            corpus.append("{\"_id\": \"d%d\", \"title\": \"\", \"text\": \"here a%1$d b%1$d c%1$d d%1$d e%1$d\"}%n"
                    .formatted(i));
            queries.append("{\"_id\": \"q%d\", \"text\": \"b%d\"}%n".formatted(i, i));
            qrels.append("q%d\td%d\t1%n".formatted(i, i % 2 == 0 ? i : (i + 1) % documents));
        }
        Files.writeString(collection.resolve("corpus.jsonl"), corpus);
        Files.writeString(collection.resolve("queries.jsonl"), queries);
        Files.writeString(collection.resolve("qrels/test.tsv"), qrels);
        return new EvaluatedCollection(
                collection, "test", List.of(MetricNames.parse("mrr@10", 1), MetricNames.parse("recall@1", 1)));
    }

    @Test
    void aCollectionGivesFiguresAndTheTextsThatTheGateLooksAt() throws Exception {
        Findings found = new Inspection(Optional.of(collection(40)), Optional.of(SparsityGate.DEFAULT))
                .inspect(HEALTHY, "model");

        assertThat(found.sparsity().getSample()).isEqualTo("numbers");
        assertThat(found.sparsity().getDocuments()).isEqualTo(40);
        // Every other query has its judged document first, and nobody else's.
        assertThat(found.figures())
                .extracting(EvaluationFigure::getCollection, EvaluationFigure::getMetric, EvaluationFigure::getValue)
                .containsExactly(Tuple.tuple("numbers", "MRR@10", 0.5), Tuple.tuple("numbers", "Recall@1", 0.5));
    }

    @Test
    void aCollectionTooSmallForTheGateStillGivesFigures() throws Exception {
        Findings found = new Inspection(Optional.of(collection(12)), Optional.of(SparsityGate.DEFAULT))
                .inspect(HEALTHY, "model");

        assertThat(found.sparsity().getSample()).isEqualTo("millrace");
        assertThat(found.figures()).hasSize(2);
    }

    @Test
    void aSplitWithoutJudgedQueriesIsNamed() throws Exception {
        EvaluatedCollection some = collection(12);
        Files.writeString(some.folder().resolve("qrels/empty.tsv"), "query-id\tcorpus-id\tscore\n");
        EvaluatedCollection none = new EvaluatedCollection(some.folder(), "empty", some.metrics());

        assertThatThrownBy(() -> new Inspection(Optional.of(none), Optional.empty()).inspect(HEALTHY, "model"))
                .isInstanceOf(InvalidRecipeException.class)
                .hasMessageContaining("split empty");
    }
}
