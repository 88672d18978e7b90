package io.millrace.deploy.lab;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.deploy.preset.NamedContract;
import io.millrace.model.safetensors.SafetensorsWriter;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A decoder in Llama's layout with weights as transformers begins with: N(0, .02²), norms 1. Input and output embeddings are one
 * table, as in Llama 3.2 1B and OPT, and the projection has no bias.
 *
 * @param layers number of layers
 * @param width H
 * @param heads of attention
 */
record RandomDecoder(int layers, int width, int heads) {
    private static final double DEVIATION = 0.02;
    private static final int POSITIONS = 256;

    private int inner() {
        // Llama's 8/3 of the width, to a multiple of 16.
        return (8 * width / 3 + 15) / 16 * 16;
    }

    /** Writes a checkpoint, read as CSPLADE does. */
    void write(Path directory, BytePairs vocabulary, long seed) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("tokenizer.json"), vocabulary.toJson());
        Files.writeString(directory.resolve("config.json"), config(vocabulary.size()));
        SplittableRandom random = new SplittableRandom(seed);
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        tensors.put("model.embed_tokens.weight", normal(random, vocabulary.size(), width));
        tensors.put("model.norm.weight", ones());
        for (int layer = 0; layer < layers; layer++) {
            String prefix = "model.layers." + layer + ".";
            for (String name : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
                tensors.put(prefix + "self_attn." + name + ".weight", normal(random, width, width));
            }
            tensors.put(prefix + "mlp.gate_proj.weight", normal(random, inner(), width));
            tensors.put(prefix + "mlp.up_proj.weight", normal(random, inner(), width));
            tensors.put(prefix + "mlp.down_proj.weight", normal(random, width, inner()));
            tensors.put(prefix + "input_layernorm.weight", ones());
            tensors.put(prefix + "post_attention_layernorm.weight", ones());
        }
        SafetensorsWriter.write(directory.resolve("model.safetensors"), tensors, TensorType.F32);
        Files.writeString(
                directory.resolve("millrace.json"),
                NamedContract.of("csplade-bi", directory).toString());
    }

    private String config(int terms) {
        ObjectNode json = new JsonMapper().createObjectNode();
        json.put("model_type", "llama").putArray("architectures").add("LlamaForCausalLM");
        json.put("vocab_size", terms).put("hidden_size", width).put("intermediate_size", inner());
        json.put("num_hidden_layers", layers).put("num_attention_heads", heads).put("num_key_value_heads", heads);
        json.put("max_position_embeddings", POSITIONS).put("rms_norm_eps", 1e-5).put("rope_theta", 10000.0);
        json.put("hidden_act", "silu").put("tie_word_embeddings", true);
        json.put("attention_bias", false).put("mlp_bias", false);
        return json.toString();
    }

    private Tensor ones() {
        FloatBuffer values = floats(width);
        for (int i = 0; i < width; i++) {
            values.put(i, 1);
        }
        return new Tensor(List.of((long) width), values);
    }

    private static Tensor normal(SplittableRandom random, long rows, long columns) {
        FloatBuffer values = floats(Math.toIntExact(rows * columns));
        for (int i = 0; i < values.limit(); i++) {
            values.put(i, (float) (DEVIATION * random.nextGaussian()));
        }
        return new Tensor(List.of(rows, columns), values);
    }

    private static FloatBuffer floats(int count) {
        return ByteBuffer.allocateDirect(count * Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
    }
}
