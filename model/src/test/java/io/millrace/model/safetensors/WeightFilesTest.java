package io.millrace.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        refused("two.safetensors: tensor a is in another shard too", "one.safetensors", "download");
    }

    @Test
    void refusesATensorThatIsMissingOrInAnotherShard() throws IOException {
        shard("one.safetensors", "a", 1f);
        shard("two.safetensors", "b", 1f);
        index("{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"one.safetensors\",\"c\":\"two.safetensors\"}}");
        refused(WeightFiles.INDEX, "tensor b is not in one.safetensors but in", "two.safetensors");
        index("{\"weight_map\":{\"a\":\"one.safetensors\",\"c\":\"two.safetensors\"}}");
        refused(WeightFiles.INDEX, "tensor c is not in two.safetensors; download");
    }

    @Test
    void refusesAShardThatIsNotThere() throws IOException {
        shard("one.safetensors", "a", 1f);
        index("{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}");
        refused(WeightFiles.INDEX, "names two.safetensors, which is not in the directory");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../other/one.safetensors",
                "/etc/one.safetensors",
                "sub/one.safetensors",
                "..\\\\one.safetensors",
                "..safetensors",
                "one.bin",
                "one.safetensors\\u0000",
                "",
                " one.safetensors"
            })
    void refusesAShardOutsideTheDirectory(String name) throws IOException {
        index("{\"weight_map\":{\"a\":\"" + name + "\"}}");
        refused(WeightFiles.INDEX, "tensor a is said to be in", "same directory");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"weight_map\":{}} | weight_map must map",
                "{\"weight_map\":[\"a\"]} | weight_map must map",
                "{} | weight_map must map",
                "[] | not a JSON object",
                "{\"weight_map\": | not valid JSON",
                "{\"weight_map\":{\"a\":\"one.safetensors\"}} x | not valid JSON",
                "{\"weight_map\":{\"a\":\"one.safetensors\"}} 1 | text follows",
                "{\"weight_map\":{\"a\":3}} | tensor a is said to be in '3'",
                "{\"weight_map\":{\"a\":\"one.safetensors\",\"a\":\"one.safetensors\"}} | Duplicate field 'a'",
            })
    void refusesADamagedIndex(String json, String message) throws IOException {
        shard("one.safetensors", "a", 1f);
        index(json);
        refused(WeightFiles.INDEX, message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"total_size\":4}", "{\"total_size\":4.0}", "{\"total_size\":5,\"x\":[1]}", "{}", "null"})
    void takesShardsWhateverTheIndexSaysOfTheirSize(String metadata) throws IOException {
        shard("one.safetensors", "a", 1f);
        index("{\"metadata\":" + metadata + ",\"weight_map\":{\"a\":\"one.safetensors\"}}");
        try (WeightFiles files = WeightFiles.open(folder)) {
            assertThat(files.floats("a", 1).get(0)).isEqualTo(1f);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pytorch_model.bin | but pytorch_model.bin, and pickles can run code; save it with save_pretrained(directory,"
                        + " safe_serialization=True)",
                "consolidated.00.pth | pickles can run code",
                "model.gguf | but model.gguf; use the Hugging Face checkpoint it was made from",
                "adapter_model.safetensors | it is an adapter; give the checkpoint it was trained on",
                "notes.txt | has neither model.safetensors nor model.safetensors.index.json; give the directory",
            })
    void saysWhatToDoWithADirectoryOfAnotherKind(String file, String message) throws IOException {
        Files.writeString(folder.resolve(file), "x");
        refused(folder.toString(), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "version https://git-lfs.github.com/spec/v1 | is a Git LFS pointer; git lfs pull",
                "PK\3\4 and so on | is a PyTorch pickle",
                "GGUF and so on | is a GGUF file",
                "<!DOCTYPE html> | begins like a web page",
                "{\"a\":123} | the header claims",
            })
    void saysWhatToDoWithAFileOfAnotherKind(String content, String messages) throws IOException {
        Files.writeString(folder.resolve(WeightFiles.SINGLE), content.translateEscapes(), StandardCharsets.ISO_8859_1);
        refused(Stream.concat(Stream.of(WeightFiles.SINGLE), Stream.of(messages.split("; ")))
                .toArray(String[]::new));
    }

    @Test
    void refusesAPickleByItsFirstBytes() throws IOException {
        Files.write(folder.resolve(WeightFiles.SINGLE), new byte[] {(byte) 0x80, 2, 'c', 'o', 's', 10, 1, 1, 1});
        refused(WeightFiles.SINGLE, "is a PyTorch pickle");
    }

    @ParameterizedTest
    @CsvSource({
        "model.layers.0.q_proj.qweight, I32",
        "model.layers.0.q_proj.qzeros, I32",
        "model.layers.0.q_proj.g_idx, I32",
        "model.layers.0.q_proj.weight, I8",
        "model.layers.0.q_proj.weight, U8",
        "model.layers.0.q_proj.SCB, F32",
        "model.layers.0.q_proj.weight.absmax, U8",
        "model.layers.0.q_proj.weight.quant_state.bitsandbytes__nf4, U8",
        "model.layers.0.q_proj.weight_scale_inv, F32",
        "model.layers.0.q_proj.weight_packed, I32",
    })
    void refusesQuantisedWeights(String tensor, TensorType type) throws IOException {
        new RawTensors()
                .add("model.norm.weight", TensorType.F32, List.of(1L), 1)
                .add(tensor, type, List.of(2L, 2L), new byte[4 * type.bytes()])
                .write(folder.resolve(WeightFiles.SINGLE));
        refused(WeightFiles.SINGLE, "tensor " + tensor + " (" + type + ")", "quantised", "as it was before");
    }

    @Test
    void aMaskOfWholeNumbersIsNoQuantisedWeight() throws IOException {
        new RawTensors()
                .add("h.0.attn.bias", TensorType.U8, List.of(2L, 2L), new byte[4])
                .add("position_ids", TensorType.I64, List.of(1L, 2L), new byte[16])
                .write(folder.resolve(WeightFiles.SINGLE));
        WeightFiles.open(folder).close();
    }

    @Test
    void refusesADirectoryInPlaceOfAFile() throws IOException {
        Files.createDirectory(folder.resolve(WeightFiles.SINGLE));
        refused(WeightFiles.SINGLE, "is not a regular file");
    }
}
