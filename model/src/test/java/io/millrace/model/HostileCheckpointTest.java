package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.safetensors.WeightFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Checkpoints that cannot work, each refused as it is opened with a sentence that names the file, the tensor and a remedy. */
class HostileCheckpointTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final String WORDS = "bert.embeddings.word_embeddings.weight";
    private static final String QUERY = "bert.encoder.layer.1.attention.self.query.weight";
    private static final String DENSE = "cls.predictions.transform.dense.weight";

    @TempDir
    private Path folder;

    static Stream<HostileCheckpoint> cases() {
        return Stream.of(
                HostileCheckpoint.weights(
                        "a weight of another shape",
                        WeightFiles.SINGLE,
                        QUERY,
                        "take both from one checkpoint",
                        all -> all.put(QUERY, HostileCheckpoint.reshaped(all.get(QUERY), 16, 64))),
                HostileCheckpoint.weights(
                        "a bias of another length",
                        WeightFiles.SINGLE,
                        "cls.predictions.bias",
                        "take both from one",
                        all -> all.put("cls.predictions.bias", HostileCheckpoint.zeros(96))),
                HostileCheckpoint.weights(
                        "a missing layer's weight",
                        "hostile",
                        QUERY,
                        "take both from one checkpoint",
                        all -> all.remove(QUERY)),
                HostileCheckpoint.weights(
                        "a missing norm",
                        "hostile",
                        "LayerNorm.bias",
                        "take both from one checkpoint",
                        all -> all.remove("bert.encoder.layer.0.output.LayerNorm.bias")),
                HostileCheckpoint.weights(
                        "a missing word table",
                        "hostile",
                        WORDS,
                        "take both from one checkpoint",
                        all -> all.remove(WORDS)),
                HostileCheckpoint.weights(
                        "a bare backbone",
                        "hostile",
                        DENSE,
                        "use a checkpoint that was saved with one",
                        all -> all.keySet().removeIf(name -> name.startsWith("cls."))),
                HostileCheckpoint.weights(
                        "NaN in a layer",
                        WeightFiles.SINGLE,
                        QUERY,
                        "use another checkpoint",
                        all -> all.put(QUERY, HostileCheckpoint.with(all.get(QUERY), 7, Float.NaN))),
                HostileCheckpoint.weights(
                        "infinity in the word table",
                        WeightFiles.SINGLE,
                        WORDS,
                        "use another checkpoint",
                        all -> all.put(WORDS, HostileCheckpoint.with(all.get(WORDS), 3_000, Float.NEGATIVE_INFINITY))),
                HostileCheckpoint.weights(
                        "NaN in the last element",
                        WeightFiles.SINGLE,
                        "cls.predictions.bias",
                        "use another checkpoint",
                        all -> all.put(
                                "cls.predictions.bias",
                                HostileCheckpoint.with(all.get("cls.predictions.bias"), 96, Float.NaN))),
                HostileCheckpoint.weights(
                        "an adapter left beside the weights",
                        WeightFiles.SINGLE,
                        "query.lora_A.weight",
                        "merge adapters into the weights",
                        all -> all.put(
                                "bert.encoder.layer.0.attention.self.query.lora_A.weight", HostileCheckpoint.zeros(4))),
                HostileCheckpoint.weights(
                        "a head's bias stored twice with different values",
                        WeightFiles.SINGLE,
                        "cls.predictions.decoder.bias",
                        "save the model again",
                        all -> all.put(
                                "cls.predictions.decoder.bias",
                                HostileCheckpoint.with(all.get("cls.predictions.bias"), 0, 1e-3f))),
                HostileCheckpoint.config(
                        "an unknown model_type",
                        "config.json",
                        "",
                        "use a checkpoint of one of them",
                        root -> root.put("model_type", "mamba")),
                HostileCheckpoint.config(
                        "no model_type",
                        "config.json",
                        "",
                        "use a checkpoint of one of them",
                        root -> root.remove("model_type")),
                HostileCheckpoint.config(
                        "another width",
                        WeightFiles.SINGLE,
                        WORDS,
                        "take both from one checkpoint",
                        root -> root.put("hidden_size", 64)),
                HostileCheckpoint.config(
                        "a vocabulary larger than the weights'",
                        WeightFiles.SINGLE,
                        WORDS,
                        "take both from one",
                        root -> root.put("vocab_size", 98)),
                HostileCheckpoint.config(
                        "fewer layers than the weights'",
                        WeightFiles.SINGLE,
                        "encoder.layer.1.",
                        "matches its config.json",
                        root -> root.put("num_hidden_layers", 1)),
                HostileCheckpoint.config(
                        "more layers than the weights'",
                        "hostile",
                        "encoder.layer.2.",
                        "take both from one",
                        root -> root.put("num_hidden_layers", 3)),
                HostileCheckpoint.config(
                        "another feed-forward width",
                        WeightFiles.SINGLE,
                        "intermediate.dense.weight",
                        "take both",
                        root -> root.put("intermediate_size", 1)),
                HostileCheckpoint.config(
                        "more positions than the weights'",
                        WeightFiles.SINGLE,
                        "position_embeddings",
                        "take both",
                        root -> root.put("max_position_embeddings", 4_096)),
                HostileCheckpoint.config(
                        "heads that do not divide the width",
                        "config.json",
                        "",
                        "the file is damaged",
                        root -> root.put("num_attention_heads", 5)),
                HostileCheckpoint.config(
                        "a width that is text",
                        "config.json",
                        "",
                        "take the config.json that belongs",
                        root -> root.put("hidden_size", "wide")),
                HostileCheckpoint.config(
                        "a vocabulary smaller than the tokenizer's",
                        "tokenizer.json",
                        "",
                        "belongs to another model",
                        root -> root.put("vocab_size", 96)),
                HostileCheckpoint.bytes(
                        "an empty weight file",
                        WeightFiles.SINGLE,
                        "",
                        "copy or download it again",
                        all -> new byte[0]),
                HostileCheckpoint.bytes(
                        "weights cut short",
                        WeightFiles.SINGLE,
                        "tensor ",
                        "copy or download it again",
                        all -> Arrays.copyOf(all, all.length - 100)),
                HostileCheckpoint.bytes(
                        "a header cut short",
                        WeightFiles.SINGLE,
                        "",
                        "copy or download it again",
                        all -> Arrays.copyOf(all, 300)),
                HostileCheckpoint.bytes(
                        "a header of many gigabytes", WeightFiles.SINGLE, "", "copy or download it again", all -> {
                            ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 1L << 40);
                            return all;
                        }),
                HostileCheckpoint.bytes(
                        "a pointer in place of weights",
                        WeightFiles.SINGLE,
                        "",
                        "git lfs pull",
                        all -> "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
                                .getBytes(StandardCharsets.UTF_8)),
                HostileCheckpoint.bytes(
                        "a tokenizer that is none",
                        "tokenizer.json",
                        "",
                        "tokenizer.json of a Hugging Face",
                        all -> "{}".getBytes(StandardCharsets.UTF_8)),
                HostileCheckpoint.bytes(
                        "a tokenizer cut short",
                        "tokenizer.json",
                        "",
                        "copy or download it again",
                        all -> Arrays.copyOf(all, all.length / 2)),
                HostileCheckpoint.bytes(
                        "a configuration that is not JSON",
                        "config.json",
                        "",
                        "copy or download it again",
                        all -> "hidden_size: 32".getBytes(StandardCharsets.UTF_8)),
                HostileCheckpoint.without(
                        "no weights", WeightFiles.SINGLE, "give the directory of a Hugging Face checkpoint"),
                HostileCheckpoint.without(
                        "no configuration", "config.json", "give the directory of a Hugging Face checkpoint"),
                HostileCheckpoint.without(
                        "no tokenizer",
                        "tokenizer.json",
                        "copy the tokenizer.json of the model that it was trained from"),
                new HostileCheckpoint(
                        "a pickle in place of weights",
                        "bert",
                        directory -> Files.move(
                                directory.resolve(WeightFiles.SINGLE), directory.resolve("pytorch_model.bin")),
                        "pytorch_model.bin",
                        "",
                        "save it with save_pretrained"),
                new HostileCheckpoint(
                        "a shard that is gone",
                        "bert",
                        directory -> Files.delete(directory.resolve(
                                HostileCheckpoint.sharded(directory).getLast())),
                        "model-0000",
                        "",
                        "restore it"),
                new HostileCheckpoint(
                        "a tensor in another shard than the index says",
                        "bert",
                        directory -> {
                            List<String> shards = HostileCheckpoint.sharded(directory);
                            Path index = directory.resolve(WeightFiles.INDEX);
                            String text = Files.readString(index);
                            String line = "\"" + WORDS + "\" : \"";
                            int at = text.indexOf(line) + line.length();
                            String said = text.substring(at, text.indexOf('"', at));
                            String other = shards.getFirst().equals(said) ? shards.getLast() : shards.getFirst();
                            Files.writeString(
                                    index, text.substring(0, at) + other + text.substring(at + said.length()));
                        },
                        WeightFiles.INDEX,
                        WORDS,
                        "download the checkpoint again"));
    }

    @Test
    void thatWhichIsDamagedBelowWorksAsItIs() throws IOException {
        Path directory = TinyTokenizer.beside(GOLDEN.resolve("bert"), folder.resolve("whole"));
        try (SparseEncoder encoder = SparseEncoders.open(directory, EncoderOptions.defaults())) {
            assertThat(encoder.vocabularySize()).isEqualTo(97);
        }
        assertThat(HostileCheckpoint.sharded(directory)).hasSizeGreaterThan(1);
        try (SparseEncoder encoder = SparseEncoders.open(directory, EncoderOptions.defaults())) {
            assertThat(encoder.vocabularySize()).isEqualTo(97);
        }
    }

    @Test
    void textsLongerThanThePositionsAreRefused() throws IOException {
        Path directory = TinyTokenizer.beside(GOLDEN.resolve("bert"), folder.resolve("long"));
        EncoderOptions options = EncoderOptions.defaults().withMaxTokens(100_000);
        assertThatThrownBy(() -> SparseEncoders.open(directory, options))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(directory.toString(), "max_tokens is 100000", "lower it");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void isRefusedByNameAndWithARemedy(HostileCheckpoint hostile) throws IOException {
        Path directory = TinyTokenizer.beside(GOLDEN.resolve(hostile.model()), folder.resolve("hostile"));
        hostile.damage().to(directory);
        assertThatThrownBy(() -> SparseEncoders.open(directory, EncoderOptions.defaults())
                        .close())
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(hostile.file(), hostile.tensor(), hostile.remedy());
    }
}
