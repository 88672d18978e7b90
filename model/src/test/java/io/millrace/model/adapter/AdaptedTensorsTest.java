package io.millrace.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.InvalidModelException;
import io.millrace.model.safetensors.RawTensors;
import io.millrace.model.safetensors.SafetensorsFile;
import io.millrace.model.safetensors.SafetensorsWriter;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdaptedTensorsTest {
    private static final String Q = "layers.0.self_attn.q_proj";

    @TempDir
    private Path folder;

    private AdapterFiles files;

    @BeforeEach
    void open() {
        files = new AdapterFiles(folder, 7);
    }

    private static FloatBuffer floats(TensorSource source, String tensor) {
        return source.tensor(tensor).values();
    }

    /** W + scale · B · A in double, term by term. */
    private static double[] naive(FloatBuffer weights, FloatBuffer a, FloatBuffer b, int rank, double scale) {
        int columns = a.limit() / rank;
        double[] merged = new double[weights.limit()];
        for (int i = 0; i < merged.length; i++) {
            double sum = 0;
            for (int k = 0; k < rank; k++) {
                sum += (double) b.get(i / columns * rank + k) * a.get(k * columns + i % columns);
            }
            merged[i] = weights.get(i) + scale * sum;
        }
        return merged;
    }

    @Test
    void mergesAHandComputedExample() throws IOException {
        RawTensors tensors = new RawTensors()
                .add("base_model.model." + Q + ".lora_A.weight", TensorType.F32, List.of(1L, 3L), 1, 2, 3)
                .add("base_model.model." + Q + ".lora_B.weight", TensorType.F32, List.of(2L, 1L), 10, -1);
        RawTensors base = new RawTensors()
                .add(Q + ".weight", TensorType.F16, List.of(2L, 3L), 0.5, 0.5, 0.5, 1, 1, 1)
                .add(Q + ".bias", TensorType.F16, List.of(2L), 7, 8);
        Path adapter = files.adapter("a", AdapterFiles.config(1, 0.5, ""), tensors);
        try (TensorSource merged = AdaptedTensors.open(
                SafetensorsFile.open(base.write(folder.resolve("model.safetensors"))), List.of(adapter))) {
            assertThat(floats(merged, Q + ".weight"))
                    .isEqualTo(FloatBuffer.wrap(new float[] {5.5f, 10.5f, 15.5f, 0.5f, 0, -0.5f}));
            assertThat(floats(merged, Q + ".bias")).isEqualTo(FloatBuffer.wrap(new float[] {7, 8}));
            assertThat(merged.info(Q + ".weight").type()).isEqualTo(TensorType.F16);
            assertThat(merged.origin(Q + ".weight")).contains("model.safetensors", "adapter_model.safetensors");
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "3, 511, 2", "5, 513, 3", "300, 1030, 7", "2, 700, 64"})
    void equalsTheNaiveProductAtAnySize(int rows, int columns, int rank) throws IOException {
        TensorSource base = files.base(rows, columns, Q + ".weight");
        Path adapter = files.adapter(
                "a", AdapterFiles.config(rank, 3, ""), files.factors(new RawTensors(), Q, rows, columns, rank));
        try (TensorSource merged = AdaptedTensors.open(base, List.of(adapter));
                SafetensorsFile factors = SafetensorsFile.open(adapter.resolve(AdaptedTensors.WEIGHTS))) {
            double[] expected = naive(
                    floats(base, Q + ".weight"),
                    floats(factors, "base_model.model." + Q + ".lora_A.weight"),
                    floats(factors, "base_model.model." + Q + ".lora_B.weight"),
                    rank,
                    3.0 / rank);
            FloatBuffer found = floats(merged, Q + ".weight");
            for (int i = 0; i < expected.length; i++) {
                assertThat((double) found.get(i))
                        .as("element %d", i)
                        .isCloseTo(expected[i], org.assertj.core.data.Offset.offset(5e-6));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"false, F32", "false, BF16", "true, F32", "true, F16"})
    void rowsAreThoseOfTheWholeTensor(boolean embedding, TensorType as) throws IOException {
        int rows = 800;
        int columns = 600;
        String module = embedding ? "embed_tokens" : Q;
        TensorSource base = files.base(rows, columns, module + ".weight", "lm_head.weight");
        RawTensors tensors = new RawTensors();
        if (embedding) {
            tensors.add(
                            "base_model.model.embed_tokens.lora_embedding_A.default",
                            TensorType.F32,
                            List.of(3L, (long) rows),
                            files.values(3, rows))
                    .add(
                            "base_model.model.embed_tokens.lora_embedding_B.default",
                            TensorType.F32,
                            List.of((long) columns, 3L),
                            files.values(columns, 3));
        } else {
            files.factors(tensors, module, rows, columns, 3);
        }
        Path adapter = files.adapter("a", AdapterFiles.config(3, 3, ""), tensors);
        try (TensorSource merged = AdaptedTensors.open(base, List.of(adapter))) {
            byte[] whole = new byte[rows * columns * as.bytes()];
            merged.read(module + ".weight", as, MemorySegment.ofArray(whole));
            Random random = new Random(8);
            for (int i = 0; i < 10; i++) {
                int begin = random.nextInt(rows + 1);
                int end = random.nextInt(begin, rows + 1);
                byte[] part = new byte[(end - begin) * columns * as.bytes()];
                merged.read(module + ".weight", begin, end, as, MemorySegment.ofArray(part));
                assertThat(MemorySegment.ofArray(part)
                                .mismatch(MemorySegment.ofArray(whole)
                                        .asSlice((long) begin * columns * as.bytes(), part.length)))
                        .isEqualTo(-1);
            }
        }
    }

    @Test
    void adaptersAreMergedOneAfterTheOther() throws IOException {
        TensorSource base = files.base(4, 6, "model." + Q + ".weight", "model.other.weight");
        Path first = files.adapter(
                "first", AdapterFiles.config(2, 2, ""), files.factors(new RawTensors(), "model." + Q, 4, 6, 2));
        RawTensors tensors = files.factors(new RawTensors(), Q, 4, 6, 3)
                .add("base_model.model.score.weight", TensorType.F32, List.of(1L, 6L), files.values(6));
        Path second = files.adapter("second", AdapterFiles.config(3, 6, ",\"modules_to_save\":[\"score\"]"), tensors);
        Path copy = folder.resolve("merged.safetensors");
        try (TensorSource once = AdaptedTensors.open(base, List.of(first))) {
            SafetensorsWriter.write(copy, once, TensorType.F32);
        }
        try (TensorSource both = AdaptedTensors.open(base, List.of(first, second));
                TensorSource inSteps = AdaptedTensors.open(SafetensorsFile.open(copy), List.of(second))) {
            assertThat(both.tensors())
                    .containsExactlyInAnyOrder("model." + Q + ".weight", "model.other.weight", "score.weight");
            for (String tensor : both.tensors()) {
                assertThat(floats(both, tensor)).as(tensor).isEqualTo(floats(inSteps, tensor));
            }
            assertThat(floats(both, "model." + Q + ".weight")).isNotEqualTo(floats(base, "model." + Q + ".weight"));
        }
    }

    @Test
    void aModuleSavedWholeReplacesTheBaseAndIsReadAsItIs() throws IOException {
        TensorSource base = files.base(2, 3, Q + ".weight", "lm_head.weight");
        RawTensors tensors = files.factors(new RawTensors(), Q, 2, 3, 1)
                .add(
                        "base_model.model.lm_head.modules_to_save.default.weight",
                        TensorType.BF16,
                        List.of(2L, 3L),
                        1,
                        2,
                        3,
                        4,
                        5,
                        6);
        Path adapter = files.adapter("a", AdapterFiles.config(1, 1, ",\"modules_to_save\":[\"lm_head\"]"), tensors);
        try (TensorSource merged = AdaptedTensors.open(base, List.of(adapter))) {
            assertThat(floats(merged, "lm_head.weight")).isEqualTo(FloatBuffer.wrap(new float[] {1, 2, 3, 4, 5, 6}));
            assertThat(merged.info("lm_head.weight").name()).isEqualTo("lm_head.weight");
            assertThat(merged.info("lm_head.weight").type()).isEqualTo(TensorType.BF16);
            assertThat(merged.origin("lm_head.weight")).endsWith(AdaptedTensors.WEIGHTS);
        }
    }

    @Test
    void aProductThatLeavesTheRangeIsRefusedWithBothFiles() throws IOException {
        RawTensors tensors = new RawTensors()
                .add("base_model.model." + Q + ".lora_A.weight", TensorType.F32, List.of(1L, 2L), 0, 3e38)
                .add("base_model.model." + Q + ".lora_B.weight", TensorType.F32, List.of(2L, 1L), 1, 3e38);
        Path adapter = files.adapter("a", AdapterFiles.config(1, 1, ""), tensors);
        try (TensorSource merged = AdaptedTensors.open(files.base(2, 2, Q + ".weight"), List.of(adapter))) {
            assertThatThrownBy(() -> merged.tensor(Q + ".weight"))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContainingAll("base with", "adapter_model.safetensors", Q, "Infinity at element 3");
        }
    }

    @Test
    void noAdaptersAreTheBaseItself() throws IOException {
        TensorSource base = files.base(1, 1, "w");
        assertThat(AdaptedTensors.open(base, List.of())).isSameAs(base);
    }
}
