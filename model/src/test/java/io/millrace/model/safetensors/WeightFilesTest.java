package io.millrace.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightFilesTest {
    @TempDir
    private Path folder;

    private void shard(String file, String tensor, float value) throws IOException {
        TreeMap<String, Tensor> tensors = new TreeMap<>();
        tensors.put(tensor, new Tensor(List.of(1L), FloatBuffer.wrap(new float[] {value})));
        SafetensorsWriter.write(folder.resolve(file), tensors, TensorType.F32);
    }

    private void index(String json) throws IOException {
        Files.writeString(folder.resolve(WeightFiles.INDEX), json);
    }

    private void refused(String... parts) {
        assertThatThrownBy(() -> WeightFiles.open(folder).close())
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(parts);
    }

    @Test
    void readsShardsAsOne() throws IOException {
        shard("one.safetensors", "a", 1f);
        shard("two.safetensors", "b", 2f);
        index("{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}");
        try (WeightFiles files = WeightFiles.open(folder)) {
            assertThat(files.tensors()).containsExactlyInAnyOrder("a", "b");
            assertThat(files.floats("b", 1).get(0)).isEqualTo(2f);
            assertThatThrownBy(() -> files.floats("b", 2))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining("tensor b has shape [1]")
                    .hasMessageContaining("[2]");
            assertThatThrownBy(() -> files.floats("c", 1)).hasMessageContaining("there is no tensor c");
        }
        assertThat(WeightFiles.names(folder)).containsExactly("one.safetensors", "two.safetensors");
    }

    @Test
    void refusesATensorInTwoShards() throws IOException {
        shard("one.safetensors", "a", 1f);
        shard("two.safetensors", "a", 2f);
        index("{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}");
        refused("tensor a is in another shard too");
    }

    @Test
    void refusesAnIndexThatNamesWhatIsNotThere() throws IOException {
        shard("one.safetensors", "a", 1f);
        index("{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"one.safetensors\"}}");
        refused("tensor b is not in one.safetensors");
    }

    @Test
    void refusesAShardOutsideTheDirectory() throws IOException {
        index("{\"weight_map\":{\"a\":\"../other/one.safetensors\"}}");
        refused("../other/one.safetensors", "same directory");
    }

    @Test
    void refusesADamagedIndexAndAFolderWithoutWeights() throws IOException {
        refused("has neither model.safetensors nor");
        index("{\"weight_map\":{}}");
        refused("weight_map must map");
        index("{\"weight_map\":");
        refused("not valid JSON");
    }
}
