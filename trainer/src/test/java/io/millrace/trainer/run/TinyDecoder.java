package io.millrace.trainer.run;

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
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A Llama of two layers and 16 columns with seeded random weights, and a tokenizer of whole words w0 to w63. */
public final class TinyDecoder {
    private static final int VOCABULARY = 64;
    private static final int HIDDEN = 16;
    private static final int INNER = 32;

    private TinyDecoder() {}

    /** Writes the checkpoint's directory. */
    public static Path write(Path directory, long seed) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("config.json"), """
                {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 64, "hidden_size": 16,
                 "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2,
                 "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "hidden_act": "silu",
                 "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false,
                 "bos_token_id": 1, "eos_token_id": 2}
                """);
        // Decoders are asked with prefixes.
        String words = "\"w0\": 0, \"query:\": 1, \"passage:\": 2, "
                + IntStream.range(3, VOCABULARY)
                        .mapToObj(id -> "\"w" + id + "\": " + id)
                        .collect(Collectors.joining(", "));
        Files.writeString(directory.resolve("tokenizer.json"), """
                {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
                 "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
                 "model": {"type": "WordLevel", "vocab": {%s}, "unk_token": "w0"}}
                """.formatted(words));
        SplittableRandom random = new SplittableRandom(seed);
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        tensors.put("model.embed_tokens.weight", normal(random, 1, VOCABULARY, HIDDEN));
        tensors.put("lm_head.weight", normal(random, 0.3, VOCABULARY, HIDDEN));
        tensors.put("model.norm.weight", ones());
        for (int layer = 0; layer < 2; layer++) {
            String prefix = "model.layers." + layer + ".";
            for (String name : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
                tensors.put(prefix + "self_attn." + name + ".weight", normal(random, 0.25, HIDDEN, HIDDEN));
            }
            tensors.put(prefix + "mlp.gate_proj.weight", normal(random, 0.25, INNER, HIDDEN));
            tensors.put(prefix + "mlp.up_proj.weight", normal(random, 0.25, INNER, HIDDEN));
            tensors.put(prefix + "mlp.down_proj.weight", normal(random, 0.18, HIDDEN, INNER));
            tensors.put(prefix + "input_layernorm.weight", ones());
            tensors.put(prefix + "post_attention_layernorm.weight", ones());
        }
        SafetensorsWriter.write(directory.resolve("model.safetensors"), tensors, TensorType.F32);
        return directory;
    }

    private static Tensor ones() {
        FloatBuffer values = floats(HIDDEN);
        for (int i = 0; i < HIDDEN; i++) {
            values.put(i, 1);
        }
        return new Tensor(List.of((long) HIDDEN), values);
    }

    private static Tensor normal(SplittableRandom random, double deviation, long rows, long columns) {
        FloatBuffer values = floats((int) (rows * columns));
        for (int i = 0; i < values.limit(); i++) {
            values.put(i, (float) (deviation * random.nextGaussian()));
        }
        return new Tensor(List.of(rows, columns), values);
    }

    private static FloatBuffer floats(int count) {
        return ByteBuffer.allocateDirect(count * Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
    }
}
