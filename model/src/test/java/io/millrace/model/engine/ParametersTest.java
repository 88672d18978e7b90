package io.millrace.model.engine;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.InvalidModelException;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.architecture.ModelListing;
import io.millrace.model.safetensors.InMemoryTensors;
import io.millrace.model.safetensors.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.TreeMap;
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
