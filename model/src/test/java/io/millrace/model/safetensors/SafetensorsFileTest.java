package io.millrace.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SafetensorsFileTest {
    @TempDir
    private Path folder;

    private Path file(String header, int dataBytes) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes =
                ByteBuffer.allocate(Long.BYTES + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json);
        return Files.write(folder.resolve("weights.safetensors"), bytes.array());
    }

    private static void refused(Path path, String... parts) {
        assertThatThrownBy(() -> SafetensorsFile.open(path).close())
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(Stream.concat(Stream.of("weights.safetensors"), Stream.of(parts))
                        .toArray(String[]::new));
    }

    private static Tensor tensor(long rows, long columns, float... values) {
        return new Tensor(List.of(rows, columns), FloatBuffer.wrap(values));
    }

    private Path sample(TensorType type) throws IOException {
        TreeMap<String, Tensor> tensors = new TreeMap<>();
        tensors.put("b", tensor(2, 2, 1f, -2.5f, 0f, 65504f));
        tensors.put("a", new Tensor(List.of(3L), FloatBuffer.wrap(new float[] {0.1f, 1e-7f, -0.3333f})));
        tensors.put("empty", new Tensor(List.of(0L, 4L), FloatBuffer.allocate(0)));
        Path path = folder.resolve("weights.safetensors");
        SafetensorsWriter.write(path, tensors, type);
        return path;
    }

    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "F16"})
    void readsBackWhatWasWritten(TensorType type) throws IOException {
        try (SafetensorsFile file = SafetensorsFile.open(sample(type))) {
            assertThat(file.tensors()).containsExactlyInAnyOrder("a", "b", "empty");
            assertThat(file.info("b").shape()).containsExactly(2L, 2L);
            assertThat(values(file, "b")).containsExactly(1f, -2.5f, 0f, 65504f);
            float[] expected = {0.1f, 1e-7f, -0.3333f};
            if (type == TensorType.F16) {
                for (int i = 0; i < expected.length; i++) {
                    expected[i] = Float.float16ToFloat(Float.floatToFloat16(expected[i]));
                }
            }
            assertThat(values(file, "a")).containsExactly(expected);
            assertThat(file.tensor("empty").values().limit()).isZero();
        }
    }

    private static float[] values(SafetensorsFile file, String name) {
        FloatBuffer floats = file.tensor(name).values();
        float[] values = new float[floats.limit()];
        floats.get(0, values);
        return values;
    }

    @Test
    void readsBf16() throws IOException {
        Path path = file("{\"w\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[0,2]}}", 2);
        byte[] bytes = Files.readAllBytes(path);
        bytes[bytes.length - 2] = (byte) 0x20;
        bytes[bytes.length - 1] = (byte) 0xC0;
        Files.write(path, bytes);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(values(file, "w")).containsExactly(-2.5f);
        }
    }

    @Test
    void copiesOutliveTheFile() throws IOException {
        FloatBuffer floats;
        try (SafetensorsFile file = SafetensorsFile.open(sample(TensorType.F32))) {
            floats = file.tensor("b").values();
        }
        assertThat(floats.get(1)).isEqualTo(-2.5f);
    }

    @Test
    void refusesAFileCutShortAtAnyByte() throws IOException {
        byte[] whole = Files.readAllBytes(sample(TensorType.F32));
        for (int length = 0; length < whole.length; length++) {
            refused(Files.write(folder.resolve("weights.safetensors"), Arrays.copyOf(whole, length)));
        }
        refused(
                Files.write(folder.resolve("weights.safetensors"), Arrays.copyOf(whole, whole.length + 1)),
                "bytes follow the header");
    }

    @ParameterizedTest
    @CsvSource({"-1, 18446744073709551615", "200000000, 200000000", "0, 0", "9223372036854775807, 9223372036854775807"})
    void refusesAHeaderLengthThatCannotBe(long length, String seen) throws IOException {
        Path path = file("{}", 0);
        byte[] bytes = Files.readAllBytes(path);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
        Files.write(path, bytes);
        refused(path, "header claims " + seen);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[] | not a JSON object",
                "{\"w\":3} | tensor w: its entry must have exactly",
                "{\"w\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}} | tensor w: its dtype \"F31\"",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}} | tensor w: an extent",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}} | tensor w: an extent",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | tensor w: its shape [2] of F32 needs 8",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}} | tensor w: its bytes [4, 0)",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | tensor w: its bytes [0, 8)",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}} | tensor w: data_offsets must be",
                "{\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}} | tensor w: its bytes begin at 2",
                "{\"v\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
                        + "\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}} | tensor w: overlap",
                "{\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}} | tensors end at byte 2",
                "{\"__metadata__\":{\"n\":1}} | __metadata__ must map at most 100000 texts to texts",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4611686018427387904],\"data_offsets\":[0,4]}}"
                        + " | tensor w: more bytes than 64 bits",
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | Duplicate field 'w'",
            })
    void refusesAHeaderThatLies(String header, String message) throws IOException {
        String[] parts = message.split(": (?=[a-z])", 2);
        refused(file(header, 4), parts);
    }

    @ParameterizedTest
    @CsvSource({"NaN", "Infinity", "-Infinity"})
    void refusesWeightsThatAreNotFiniteAndNamesTheTensor(float value) throws IOException {
        Path path = file("{\"layer.7.dense.weight\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8);
        byte[] bytes = Files.readAllBytes(path);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 4, value);
        Files.write(path, bytes);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThatThrownBy(() -> file.tensor("layer.7.dense.weight"))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining("tensor layer.7.dense.weight holds " + value + " at element 1");
        }
    }

    @Test
    void refusesWholeNumbersAsWeights() throws IOException {
        Path path = file("{\"w\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThatThrownBy(() -> file.tensor("w")).hasMessageContaining("tensor w is I64");
            assertThatThrownBy(() -> file.tensor("v")).hasMessageContaining("there is no tensor v");
        }
    }

    @Test
    void aTensorBeyondTheRangeOfF16IsNotWritten() {
        TreeMap<String, Tensor> tensors = new TreeMap<>();
        tensors.put("w", tensor(1, 1, 70_000f));
        Path path = folder.resolve("big.safetensors");
        assertThatThrownBy(() -> SafetensorsWriter.write(path, tensors, TensorType.F16))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("tensor w holds 70000.0");
        assertThat(path).doesNotExist();
        assertThat(folder).isEmptyDirectory();
    }
}
