package io.millrace.model.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.engine.Precision;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GoldenParityTest {
    private static final Path MODEL = Path.of("../models/splade-tiny");
    private static final List<String> TEXTS = List.of(
            "a mill race",
            "fear of spiders",
            "x",
            "earthquakes and how to measure them",
            "42",
            "große Wärmepumpe",
            "the of and",
            "seismic waves travel through rock",
            "who ground the flour");

    private static SparseEncoder encoder;
    private static GoldenVectors golden;

    @BeforeAll
    static void open() throws IOException {
        encoder = SparseEncoders.open(MODEL, EncoderOptions.defaults());
        golden = GoldenVectors.of(encoder, TextRole.DOCUMENT, TEXTS);
    }

    @AfterAll
    static void close() {
        encoder.close();
    }

    /** The golden vectors with the fifth one changed. */
    private static GoldenVectors changed(UnaryOperator<SparseVector> change) {
        List<SparseVector> vectors = new ArrayList<>(golden.vectors());
        vectors.set(4, change.apply(vectors.get(4)));
        return new GoldenVectors(TextRole.DOCUMENT, TEXTS, vectors);
    }

    private static SparseVector heavier(SparseVector vector, float more) {
        float[] weights = vector.weights().clone();
        weights[weights.length - 1] += more;
        return new SparseVector(vector.ids(), weights);
    }

    private static SparseVector without(SparseVector vector, int at) {
        int[] kept = IntStream.range(0, vector.size()).filter(i -> i != at).toArray();
        float[] weights = new float[kept.length];
        for (int i = 0; i < kept.length; i++) {
            weights[i] = vector.weights()[kept[i]];
        }
        return new SparseVector(Arrays.stream(kept).map(i -> vector.ids()[i]).toArray(), weights);
    }

    private static SparseVector with(SparseVector vector, float weight) {
        int[] ids = Arrays.copyOf(vector.ids(), vector.size() + 1);
        float[] weights = Arrays.copyOf(vector.weights(), vector.size() + 1);
        ids[vector.size()] = 40_000; // above the vocabulary
        weights[vector.size()] = weight;
        return new SparseVector(ids, weights);
    }

    @ParameterizedTest
    @EnumSource(EncoderOptions.Kernels.class)
    void everyFormOfTheModelIsWithinTheToleranceOfFp32(EncoderOptions.Kernels kernels) throws IOException {
        try (SparseEncoder other =
                SparseEncoders.open(MODEL, EncoderOptions.defaults().withKernels(kernels))) {
            Parity parity = golden.check(other, ParityTolerance.of(Precision.FP32));
            assertThat(parity.texts()).isEqualTo(TEXTS.size());
            assertThat(parity.largestDifference()).isLessThan(1e-4f);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Precision.class,
            names = {"BF16", "INT8", "INT4"})
    void reducedFormatsPassByTheirOwnToleranceAndNotByThatOfFp32(Precision precision) throws IOException {
        try (SparseEncoder reduced =
                SparseEncoders.open(MODEL, EncoderOptions.defaults().withPrecision(precision))) {
            golden.check(reduced, ParityTolerance.of(precision));
            assertThatThrownBy(() -> golden.check(reduced, ParityTolerance.of(Precision.FP32)))
                    .isInstanceOf(InvalidModelException.class);
        }
    }

    @Test
    void aWeightTooFarOffIsNamed() {
        ParityTolerance fp32 = ParityTolerance.of(Precision.FP32);
        assertThat(changed(v -> heavier(v, 5e-4f)).check(encoder, fp32).largestDifference())
                .isCloseTo(5e-4f, within(1e-5f));
        assertThatThrownBy(() -> changed(v -> heavier(v, 2e-3f)).check(encoder, fp32))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll("golden document 4 ('42')", "they may differ by 0.001");
    }

    @Test
    void aTermTooManyOrTooFewIsNamedUnlessItIsRounding() {
        ParityTolerance fp32 = ParityTolerance.of(Precision.FP32);
        assertThatThrownBy(() -> changed(v -> without(v, 0)).check(encoder, fp32))
                .hasMessageContaining("golden document 4");
        assertThatThrownBy(() -> changed(v -> with(v, 1e-4f)).check(encoder, fp32))
                .hasMessageContainingAll("term 40000", "they may differ by 1.0E-5");
        changed(v -> with(v, 1e-6f)).check(encoder, fp32);
    }

    @Test
    void anotherTextsVectorFailsAtEveryTolerance() {
        for (Precision precision : Precision.values()) {
            assertThatThrownBy(
                            () -> changed(v -> golden.vectors().get(7)).check(encoder, ParityTolerance.of(precision)))
                    .as(precision.label())
                    .isInstanceOf(InvalidModelException.class);
            assertThatThrownBy(() -> changed(v -> SparseVector.EMPTY).check(encoder, ParityTolerance.of(precision)))
                    .as(precision.label())
                    .isInstanceOf(InvalidModelException.class);
        }
    }
}
