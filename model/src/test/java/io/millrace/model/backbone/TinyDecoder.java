package io.millrace.model.backbone;

import io.millrace.model.architecture.Activation;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.LlamaArchitecture;
import io.millrace.model.architecture.OptArchitecture;
import io.millrace.model.architecture.Rotation;
import io.millrace.model.architecture.T5Architecture;
import io.millrace.model.architecture.TensorListing;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.engine.Parameters;
import io.millrace.model.safetensors.InMemoryTensors;
import io.millrace.model.safetensors.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/** Decoders of 97 tokens with a random shape of their family and random weights. */
enum TinyDecoder {
    T5,
    OPT,
    LLAMA,
    MISTRAL,
    QWEN2,
    QWEN3;

    /** Tokens of the vocabulary. */
    static final int TOKENS = 97;

    /** Longest text. */
    static final int POSITIONS = 48;

    private static final int HIDDEN = 32;
    private static final int WIDTH = 8;

    /** A shape. */
    Architecture architecture(Random random) {
        int depth = 1 + random.nextInt(3);
        return switch (this) {
            case T5 -> t5(depth, random);
            case OPT -> opt(depth, random);
            // A window is always less than a long text, and Qwen's first layers have none.
            case LLAMA -> llama("llama", depth, 0, 0, random);
            case MISTRAL -> llama("mistral", depth, 1 + random.nextInt(9), 0, random);
            case QWEN2 -> llama("qwen2", depth, 2 + random.nextInt(12), random.nextInt(depth + 1), random);
            case QWEN3 -> llama("qwen3", depth, 2 + random.nextInt(12), random.nextInt(depth + 1), random);
        };
    }

    private static T5Architecture t5(int depth, Random random) {
        boolean gated = random.nextBoolean();
        return new T5Architecture(
                TOKENS,
                HIDDEN,
                1 + random.nextInt(2),
                depth,
                1 + random.nextInt(4),
                WIDTH,
                new T5Architecture.Blocks(40, gated ? Activation.GELU_TANH : Activation.RELU, gated),
                8,
                16,
                random.nextBoolean(),
                0,
                1e-6);
    }

    private static OptArchitecture opt(int depth, Random random) {
        boolean before = random.nextBoolean();
        return new OptArchitecture(
                TOKENS,
                HIDDEN,
                random.nextBoolean() ? HIDDEN : HIDDEN / 2,
                depth,
                HIDDEN / WIDTH,
                40,
                POSITIONS,
                before,
                before,
                random.nextBoolean(),
                Activation.RELU);
    }

    private static LlamaArchitecture llama(String type, int depth, int window, int firstWindowed, Random random) {
        int keyHeads = 1 + random.nextInt(2);
        boolean biases = type.equals("qwen2");
        return new LlamaArchitecture(
                type,
                TOKENS,
                HIDDEN,
                depth,
                keyHeads * (1 + random.nextInt(3)),
                keyHeads,
                WIDTH,
                40,
                POSITIONS,
                new Rotation(WIDTH, 10_000, new Rotation.Scaling.None()),
                window,
                firstWindowed,
                new LlamaArchitecture.Biases(biases, false, false),
                1e-6,
                Activation.SILU);
    }

    /** Weights of the stacks of a reading, large enough that attention looks at some cells more than at others. */
    static Parameters weights(Architecture architecture, ReadingMode reading, Random random) {
        TreeMap<String, Tensor> tensors = new TreeMap<>();
        TensorListing.of(architecture.backbone(reading)).shapes().forEach((name, shape) -> {
            int size = (int) shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
            FloatBuffer values = ByteBuffer.allocate(size * Float.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer();
            boolean scale = shape.size() == 1 && name.endsWith("weight");
            for (int i = 0; i < size; i++) {
                values.put(i, (float) ((scale ? 1 : 0) + 0.2 * random.nextGaussian()));
            }
            tensors.put(name, new Tensor(List.copyOf(shape), values));
        });
        return new Parameters(new InMemoryTensors("random", tensors), architecture.backbonePrefix());
    }
}
