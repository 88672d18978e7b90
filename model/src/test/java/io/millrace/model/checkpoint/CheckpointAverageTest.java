package io.millrace.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import io.millrace.model.TinyCheckpoints;
import io.millrace.model.checkpoint.CheckpointAverage.Part;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import io.millrace.model.head.TokenWeights;
import io.millrace.model.safetensors.InMemoryTensors;
import io.millrace.model.safetensors.SafetensorsFile;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import io.millrace.model.safetensors.WeightFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointAverageTest {
    @TempDir
    private Path folder;

    private Checkpoint tiny(String name, String word) throws IOException {
        Path source = TinyCheckpoints.weights("golden/bert", folder.resolve(name));
        List<String> controls = List.of("[PAD]", "[CLS]", "[SEP]", "[UNK]");
        TinyCheckpoints.tokenizer(source, controls, "[CLS]", "[SEP]", List.of("mill", word), 97);
        return Checkpoint.open(source);
    }

    /** The same model with noise on its weights. */
    private Checkpoint noisy(Checkpoint source, int seed, TensorType type) throws IOException {
        Random random = new Random(seed);
        return CheckpointWriter.copy(
                source, folder.resolve("noisy-" + seed), type, "noisy", new CheckpointWriter.Weights() {
                    @Override
                    public TensorSource open(Path directory) throws IOException {
                        TreeMap<String, Tensor> tensors = new TreeMap<>();
                        try (WeightFiles files = WeightFiles.open(directory)) {
                            for (String name : files.tensors()) {
                                Tensor tensor = files.tensor(name);
                                FloatBuffer values = ByteBuffer.allocateDirect(
                                                tensor.values().limit() * Float.BYTES)
                                        .order(ByteOrder.LITTLE_ENDIAN)
                                        .asFloatBuffer();
                                for (int i = 0; i < values.limit(); i++) {
                                    values.put(i, tensor.values().get(i) + (float) random.nextGaussian() / 8);
                                }
                                tensors.put(name, new Tensor(tensor.shape(), values));
                            }
                        }
                        return new InMemoryTensors("noise", tensors);
                    }

                    @Override
                    public TokenWeights tokens(TextRole role) {
                        throw new IllegalStateException("no table here");
                    }
                });
    }

    @Test
    void eachWeightIsTheWeightedSumRoundedOnce() throws IOException {
        Checkpoint base = tiny("base", "stone");
        List<Part> parts = List.of(
                new Part(noisy(base, 1, TensorType.F32), 0.7),
                new Part(base, 0.5),
                new Part(noisy(base, 2, TensorType.BF16), -0.2));
        Checkpoint average = CheckpointAverage.write(parts, folder.resolve("average"), TensorType.F32, "soup");
        assertThat(average.contract().name()).isEqualTo("soup");
        assertThat(average.contract().query())
                .isEqualTo(parts.getFirst().checkpoint().contract().query());
        assertThat(average.spaceId())
                .isNotIn(parts.stream().map(part -> part.checkpoint().spaceId()).toList());
        try (WeightFiles a = WeightFiles.open(parts.get(0).checkpoint().directory());
                WeightFiles b = WeightFiles.open(parts.get(1).checkpoint().directory());
                WeightFiles c = WeightFiles.open(parts.get(2).checkpoint().directory());
                WeightFiles found = WeightFiles.open(average.directory())) {
            assertThat(found.tensors()).isEqualTo(a.tensors());
            for (String tensor : a.tensors()) {
                FloatBuffer averaged = found.tensor(tensor).values();
                for (int i = 0; i < averaged.limit(); i++) {
                    double sum = 0.7 * a.tensor(tensor).values().get(i);
                    sum += 0.5 * b.tensor(tensor).values().get(i);
                    sum += -0.2 * c.tensor(tensor).values().get(i);
                    assertThat(averaged.get(i)).as(tensor).isEqualTo((float) sum);
                }
            }
        }
    }

    @Test
    void aModelAveragedWithItselfIsThatModel() throws IOException {
        Checkpoint base = tiny("base", "stone");
        Checkpoint average = CheckpointAverage.write(
                List.of(new Part(base, 0.25), new Part(base, 0.75)), folder.resolve("same"), TensorType.F32, "same");
        Checkpoint copy = CheckpointWriter.copy(base, folder.resolve("copy"), TensorType.F32, "same");
        assertThat(Files.readAllBytes(average.directory().resolve(WeightFiles.SINGLE)))
                .isEqualTo(Files.readAllBytes(copy.directory().resolve(WeightFiles.SINGLE)));
        assertThat(average.spaceId()).isEqualTo(copy.spaceId());
    }

    @Test
    void tablesAreAveragedTermByTerm() throws IOException {
        Checkpoint average = CheckpointAverage.write(
                List.of(
                        new Part(table("one", "{\"mill\": 5.5, \"stone\": 3}"), 0.5),
                        new Part(table("other", "{\"mill\": 1.5}"), 0.5)),
                folder.resolve("tables"),
                TensorType.F32,
                "tables");
        Path file = average.encoder(TextRole.QUERY).directory().resolve(WeightFiles.SINGLE);
        try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
            FloatBuffer weights = tensors.tensor(TokenWeights.TENSOR).values();
            assertThat(new float[] {weights.get(4), weights.get(5), weights.get(6)})
                    .containsExactly(3.5f, 1.5f, 0);
        }
    }

    private Checkpoint table(String name, String weights) throws IOException {
        Path directory = Files.createDirectories(folder.resolve(name));
        TinyCheckpoints.tokenizer(
                directory, List.of("[PAD]", "[CLS]", "[SEP]", "[UNK]"), "[CLS]", "[SEP]", List.of("mill", "stone"), 20);
        Files.writeString(directory.resolve("idf.json"), weights);
        RoleContract role = new RoleContract(
                TextContract.cutAt(16),
                ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.KEEP),
                new HeadContract.Table("idf.json", 20),
                PruningContract.NONE);
        EncodingContract contract = new EncodingContract(name, role, role, new TreeMap<>());
        Files.writeString(directory.resolve(Checkpoint.CONTRACT), contract.toString());
        return Checkpoint.open(directory);
    }

    @Test
    void refusesSharesThatAreNotAWhole() throws IOException {
        Checkpoint base = tiny("base", "stone");
        Path target = folder.resolve("average");
        for (double share : new double[] {0.4, 0.6000001, Double.NaN, Double.POSITIVE_INFINITY}) {
            List<Part> parts = List.of(new Part(base, 0.5), new Part(base, share));
            assertThatThrownBy(() -> CheckpointAverage.write(parts, target, TensorType.F32, "x"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("must add up to 1");
        }
        assertThatThrownBy(() -> CheckpointAverage.write(List.of(new Part(base, 1)), target, TensorType.F32, "x"))
                .hasMessageContaining("at least two checkpoints, not 1");
        assertThat(target).doesNotExist();
    }

    @Test
    void refusesModelsOfOtherKinds() throws IOException {
        Checkpoint base = tiny("base", "stone");
        Checkpoint words = tiny("words", "rock");
        Path target = folder.resolve("average");
        refused(base, words, "different tokens of id 5", "one vocabulary");
        Path distilled = TinyCheckpoints.weights("golden-more/distilbert", folder.resolve("distilled"));
        Files.copy(base.directory().resolve(Checkpoint.TOKENIZER), distilled.resolve(Checkpoint.TOKENIZER));
        refused(base, Checkpoint.open(distilled), "different configuration (config.json)", "one architecture");
        refused(base, table("table", "{\"mill\": 1}"), "in different ways", "models of one kind");
        assertThat(target).doesNotExist();
    }

    private void refused(Checkpoint first, Checkpoint other, String... parts) {
        assertThatThrownBy(() -> CheckpointAverage.write(
                        List.of(new Part(first, 0.5), new Part(other, 0.5)),
                        folder.resolve("average"),
                        TensorType.F32,
                        "x"))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(parts);
    }
}
