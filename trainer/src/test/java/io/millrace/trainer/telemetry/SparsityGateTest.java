package io.millrace.trainer.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A real model passes; what training has been seen to make of models does not. */
class SparsityGateTest {
    private static List<SparseVector> queries = List.of();
    private static List<SparseVector> documents = List.of();
    private static int columns;

    @BeforeAll
    static void encodeSentences() throws IOException {
        List<String> sentences;
        try (InputStream in = SparsityGateTest.class.getResourceAsStream("sentences.txt")) {
            sentences = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        List<String> questions = sentences.stream()
                .map(sentence -> sentence.substring(sentence.length() / 2))
                .toList();
        try (SparseEncoder encoder = SparseEncoders.open(
                Path.of("../models/splade-tiny"), EncoderOptions.defaults().withThreads(1))) {
            documents = encoder.encode(encoder.tokenize(sentences, TextRole.DOCUMENT), TextRole.DOCUMENT);
            queries = encoder.encode(encoder.tokenize(questions, TextRole.QUERY), TextRole.QUERY);
            columns = encoder.vocabularySize();
        }
    }

    private static SparsityReport report(UnaryOperator<SparseVector> collapse) {
        return SparsityReport.of(
                SparseMatrix.of(queries.stream().map(collapse).toList(), columns),
                SparseMatrix.of(documents.stream().map(collapse).toList(), columns));
    }

    private static String refusal(UnaryOperator<SparseVector> collapse) {
        return SparsityGate.DEFAULT.refusal(report(collapse)).orElse("accepted");
    }

    /** A vector of the first terms of the vocabulary, with weights of its own. */
    private static SparseVector first(int terms, Random random) {
        int[] ids = new int[terms];
        float[] weights = new float[terms];
        for (int i = 0; i < terms; i++) {
            ids[i] = i;
            weights[i] = 0.5f + random.nextFloat();
        }
        return new SparseVector(ids, weights);
    }

    @Test
    void aHealthyModelPasses() {
        assertThat(refusal(vector -> vector)).isEqualTo("accepted");
    }

    @Test
    void aModelWhoseUnitsDiedIsRefused() {
        assertThat(refusal(vector -> SparseVector.EMPTY))
                .startsWith("the model has collapsed: share of empty documents is 1.00, the limit 0.0200")
                .contains("share of empty queries is 1.00")
                .contains("non-zeros of a document is 0.00, at least 4.00 is wanted")
                .contains("earlier checkpoint");
    }

    @Test
    void aModelThatForgetsSomeTextsIsRefused() {
        Random random = new Random(1);
        assertThat(refusal(vector -> random.nextInt(10) == 0 ? SparseVector.EMPTY : vector))
                .contains("share of empty documents");
    }

    @Test
    void aModelThatSaysTheSameOfEveryTextIsRefused() {
        assertThat(refusal(vector -> documents.getFirst()))
                .contains("mean cosine of two documents is 1.00, the limit 0.500")
                .contains("nearly every document has is 1.00, the limit 0.250")
                .contains("together by those of one is 1.00, at least 4.00 is wanted")
                .contains("a query's term has is 1.00, the limit 0.500");
    }

    @Test
    void termsThatEveryTextHasAreRefusedAlsoWhereOthersDiffer() {
        Random random = new Random(2);
        assertThat(refusal(vector -> union(vector, first(100, random))))
                .contains("nearly every document has")
                .contains("a query's term has");
    }

    @Test
    void aModelThatSaysEverythingOfEveryTextIsRefused() {
        Random random = new Random(3);
        assertThat(refusal(vector -> first(20_000, random)))
                .contains("non-zeros of a document is 2.00e+04, the limit 1.50e+03");
    }

    @Test
    void weightsThatAreNoNumbersAreRefused() {
        SparseMatrix broken = SparseMatrix.of(documents, columns);
        broken.weights()[5] = Float.NaN;
        SparsityReport report = SparsityReport.of(SparseMatrix.of(queries, columns), broken);

        assertThat(SparsityGate.DEFAULT.refusal(report))
                .hasValueSatisfying(reason -> assertThat(reason).contains("mean cosine of two documents is NaN"));
    }

    @Test
    void aSmallSampleIsNotJudged() {
        SparsityReport report = SparsityReport.of(
                SparseMatrix.of(queries.subList(0, 29), columns), SparseMatrix.of(documents, columns));

        assertThat(SparsityGate.DEFAULT.refusal(report))
                .hasValueSatisfying(reason -> assertThat(reason).contains("29 queries and 60 documents is too small"));
    }

    @Test
    void aRecipeMayPressOnLongListsHarder() {
        SparsityGate.Alike strict = new SparsityGate.Alike(0.5, 0.25, 0.5, 0.1, 4);
        SparsityGate gate = new SparsityGate(30, 0.02, 4, 1500, strict);

        assertThat(gate.refusal(report(vector -> vector)))
                .hasValueSatisfying(reason -> assertThat(reason).contains("longest posting list"));
    }

    private static SparseVector union(SparseVector vector, SparseVector other) {
        List<Integer> ids = new ArrayList<>();
        for (int id : vector.ids()) {
            ids.add(id);
        }
        for (int id : other.ids()) {
            ids.add(id);
        }
        int[] sorted = ids.stream().mapToInt(id -> id).sorted().distinct().toArray();
        float[] weights = new float[sorted.length];
        for (int i = 0; i < sorted.length; i++) {
            weights[i] = Math.max(vector.weight(sorted[i]), other.weight(sorted[i]));
        }
        return new SparseVector(sorted, weights);
    }
}
