package io.millrace.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.InvalidModelException;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.architecture.ModelListing;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.safetensors.InMemoryTensors;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.WeightFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParametersTest {
    private static void refuseUnread(String model, String tensor) throws IOException {
        TreeMap<String, Tensor> tensors = new TreeMap<>();
        tensors.put(
                tensor,
                new Tensor(
                        List.of(1L),
                        ByteBuffer.allocateDirect(Float.BYTES)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .asFloatBuffer()));
        Architecture architecture = Architectures.read(ModelListing.config(model));
        new Parameters(new InMemoryTensors("weights of the test", tensors), architecture.backbonePrefix())
                .refuseUnread(architecture.unused(architecture.readings().getFirst()));
    }

    @Test
    void readsATensorThatIsLargerThanABufferInParts() throws IOException {
        PyTorchRuntime.start();
        Path directory = Path.of("src/test/resources/golden/bert");
        TensorSpec words = TensorSpec.of("bert.embeddings.word_embeddings.weight", 97, 32);
        TensorSpec norm = TensorSpec.of("bert.embeddings.LayerNorm.weight", 32);
        try (WeightFiles files = WeightFiles.open(directory);
                PtNDManager owner = PyTorchRuntime.newManager()) {
            for (TensorSpec tensor : List.of(words, norm)) {
                FloatBuffer expected = files.tensor(tensor.name()).values();
                float[] values = new float[expected.remaining()];
                expected.get(values);
                for (long bufferBytes : new long[] {1, 4, 300, 1_000, 1 << 20}) {
                    Parameters parameters = new Parameters(files, "bert.", bufferBytes);
                    assertThat(parameters.array(tensor, owner).toFloatArray()).containsExactly(values);
                }
            }
            Parameters parameters = new Parameters(files, "bert.", 300);
            float[] rows = parameters.rows(words, 5, 40, owner).toFloatArray();
            FloatBuffer all = files.tensor(words.name()).values();
            assertThat(FloatBuffer.wrap(rows)).isEqualTo(all.slice(5 * 32, 35 * 32));
            assertThat(parameters.stacked(List.of(words, words), owner).getShape())
                    .isEqualTo(new Shape(194, 32));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "bert-base, bert.embeddings.position_ids",
        "bert-base, embeddings.position_ids",
        "bert-base, cls.seq_relationship.weight",
        "bert-base, pooler.dense.bias",
        "distilbert-base, embeddings.position_ids",
        "roberta-base, roberta.embeddings.position_ids",
        "bge-m3, embeddings.position_ids",
        "bge-m3, sparse_linear.weight",
        "llama-2-7b, model.layers.31.self_attn.rotary_emb.inv_freq",
        "llama-2-7b, layers.31.self_attn.rotary_emb.inv_freq",
        "llama-3.2-1b, model.rotary_emb.inv_freq",
        "t5-base, decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
        "flan-t5-base, encoder.embed_tokens.weight"
    })
    void overlooksWhatPublishedCheckpointsHoldBesideTheirWeights(String model, String tensor) {
        assertThatCode(() -> refuseUnread(model, tensor)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bert.encoder.layer.12.output.dense.weight",
                "encoder.layer.12.output.dense.weight",
                "bert.encoder.layer.0.attention.self.query.lora_A.weight",
                "embeddings.more.weight"
            })
    void refusesATensorThatNothingAskedFor(String tensor) {
        assertThatThrownBy(() -> refuseUnread("bert-base", tensor))
                .isInstanceOf(InvalidModelException.class)
                .hasMessage(
                        "weights of the test: the weights hold 1 tensors that this architecture has no place for, such as "
                                + tensor
                                + "; merge adapters into the weights, or use a checkpoint that matches its config.json");
    }
}
