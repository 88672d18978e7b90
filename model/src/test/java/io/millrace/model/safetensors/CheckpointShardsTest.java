package io.millrace.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CheckpointShardsTest {
    @TempDir
    private Path folder;

    /** Sizes as F32: a 40 bytes, b 4,400,000, which is more than is read at once, c 0, d 4; and ids of 16 bytes whatever the type. */
    private SafetensorsFile source() throws IOException {
        Random random = new Random(6);
        double[] large = random.doubles(1_100_000, -2, 2).toArray();
        return SafetensorsFile.open(new RawTensors()
                .add("c", TensorType.F16, List.of(3L, 0L))
                .add("b", TensorType.F32, List.of(1100L, 1000L), large)
                .add("a", TensorType.F64, List.of(10L), random.doubles(10).toArray())
                .add("ids", TensorType.I64, List.of(2L), new byte[] {
                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
                })
                .add("d", TensorType.BF16, List.of(), 0.5)
                .write(folder.resolve("source.safetensors")));
    }

    private static byte[] read(TensorSource source, String tensor, TensorType as) {
        byte[] bytes = new byte[(int) source.info(tensor).elements() * as.bytes()];
        source.read(tensor, as, MemorySegment.ofArray(bytes));
        return bytes;
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16", "F16"})
    void shardsReadBackAsTheSourceRoundedOnce(TensorType type) throws IOException {
        Path directory = Files.createDirectory(folder.resolve("out"));
        try (SafetensorsFile source = source()) {
            List<String> written = CheckpointShards.write(directory, source, type, 100);
            assertThat(written)
                    .containsExactly(
                            "model-00001-of-00003.safetensors",
                            "model-00002-of-00003.safetensors",
                            "model-00003-of-00003.safetensors");
            assertThat(WeightFiles.names(directory)).isEqualTo(written);
            try (WeightFiles files = WeightFiles.open(directory)) {
                assertThat(files.tensors()).containsExactlyInAnyOrder("a", "b", "c", "d", "ids");
                for (String tensor : source.tensors()) {
                    TensorType as = tensor.equals("ids") ? TensorType.I64 : type;
                    assertThat(files.info(tensor).type()).isEqualTo(as);
                    assertThat(files.info(tensor).shape())
                            .isEqualTo(source.info(tensor).shape());
                    assertThat(read(files, tensor, as)).as(tensor).isEqualTo(read(source, tensor, as));
                }
                assertThat(files.origin("a")).endsWith("1-of-00003.safetensors");
                assertThat(files.origin("b")).endsWith("2-of-00003.safetensors");
                assertThat(files.origin("d")).endsWith("3-of-00003.safetensors");
            }
            JsonNode index = new JsonMapper()
                    .readTree(directory.resolve(WeightFiles.INDEX).toFile());
            assertThat(index.at("/metadata/total_size").asLong()).isEqualTo(1_100_011L * type.bytes() + 16);
            assertThat(index.path("weight_map").size()).isEqualTo(5);
        }
    }

    @Test
    void whatFitsInOneShardIsOneFileWithoutAnIndex() throws IOException {
        Path directory = Files.createDirectory(folder.resolve("out"));
        try (SafetensorsFile source = source()) {
            assertThat(CheckpointShards.write(directory, source, TensorType.BF16, 2_200_038))
                    .containsExactly(WeightFiles.SINGLE);
        }
        assertThat(directory).isDirectoryNotContaining(file -> !file.endsWith(WeightFiles.SINGLE));
    }

    @Test
    void tensorsAreAlignedToTheirElements() throws IOException {
        Path file = folder.resolve("aligned.safetensors");
        try (SafetensorsFile source = source()) {
            SafetensorsWriter.write(file, source, TensorType.BF16);
        }
        try (SafetensorsFile written = SafetensorsFile.open(file)) {
            assertThat(written.tensors()).containsExactlyInAnyOrder("ids", "a", "b", "c", "d");
            for (String tensor : written.tensors()) {
                TensorInfo info = written.info(tensor);
                assertThat(info.begin() % info.type().bytes()).isZero();
            }
        }
    }

    @Test
    void aFailedWriteLeavesNothingBehind() throws IOException {
        Path directory = Files.createDirectory(folder.resolve("out"));
        RawTensors tensors = new RawTensors()
                .add("a", TensorType.F32, List.of(2L), 1, 2)
                .add("b", TensorType.F32, List.of(2L), 1, 1e6);
        try (SafetensorsFile source = SafetensorsFile.open(tensors.write(folder.resolve("source.safetensors")))) {
            assertThatThrownBy(() -> CheckpointShards.write(directory, source, TensorType.F16, 5))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining("tensor b holds 1000000.0 at element 1, beyond the range of F16");
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void weightsThatAreThereAreNotReplaced() throws IOException {
        try (SafetensorsFile source = source()) {
            for (String name : List.of(WeightFiles.SINGLE, WeightFiles.INDEX)) {
                Path directory = Files.createDirectory(folder.resolve(name + "-there"));
                Files.writeString(directory.resolve(name), "old");
                assertThatThrownBy(() -> CheckpointShards.write(directory, source, TensorType.F32, 100))
                        .isInstanceOf(InvalidModelException.class)
                        .hasMessageContaining("holds " + name + " already");
                try (Stream<Path> files = Files.list(directory)) {
                    assertThat(files).containsExactly(directory.resolve(name));
                }
            }
        }
    }

    @Test
    void renamedTensorsAreWrittenUnderTheirNewNames() throws IOException {
        RawTensors tensors = new RawTensors()
                .add("norm.gamma", TensorType.F32, List.of(1L), 3)
                .add("norm.beta", TensorType.F32, List.of(1L), 4);
        Path file = tensors.write(folder.resolve("source.safetensors"));
        Path copy = folder.resolve("copy.safetensors");
        try (TensorSource source = new RenamedTensors(
                SafetensorsFile.open(file),
                name -> name.replace("gamma", "weight").replace("beta", "bias"))) {
            assertThat(source.contains("norm.gamma")).isFalse();
            assertThatThrownBy(() -> source.info("norm.other")).hasMessageContaining("there is no tensor norm.other");
            SafetensorsWriter.write(copy, source, TensorType.F16);
        }
        try (SafetensorsFile written = SafetensorsFile.open(copy)) {
            assertThat(written.floats("norm.weight", 1).get(0)).isEqualTo(3f);
            assertThat(written.floats("norm.bias", 1).get(0)).isEqualTo(4f);
        }
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            assertThatThrownBy(() -> new RenamedTensors(source, name -> "w"))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContainingAll("norm.gamma", "norm.beta", "two names");
        }
    }
}
