package io.millrace.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.contract.Alignment;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.Positions;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.Rectifier;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import io.millrace.model.device.Placement;
import io.millrace.model.engine.Precision;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * One recorded case: a model, how it is read, token ids and the vectors that the reference gave.
 *
 * @param name of the case
 * @param directory of the model
 * @param adapters directories of adapters to merge
 * @param role how texts become vectors
 * @param special ids of control tokens
 * @param texts token ids of each
 * @param vectors expected, in the order of the texts
 */
public record GoldenCase(
        String name,
        Path directory,
        List<Path> adapters,
        RoleContract role,
        BitSet special,
        List<int[]> texts,
        List<SparseVector> vectors) {
    /** Longest text of the tests, in tokens. */
    static final int MAX_TOKENS = 48;

    @Override
    public String toString() {
        return name;
    }

    SparseModel load(EncoderOptions.Kernels form) throws IOException {
        EncodingContract contract = new EncodingContract("golden", role, role, new TreeMap<>());
        EncoderOptions options = EncoderOptions.defaults().withKernels(form).withAdapters(adapters);
        return SparseModel.load(directory, Architectures.read(directory.resolve("config.json")), contract, options);
    }

    /** On a device that no option names. */
    SparseModel load(Precision precision, Placement placement) throws IOException {
        EncoderOptions options = EncoderOptions.defaults()
                .withKernels(EncoderOptions.Kernels.UNPACKED)
                .withPrecision(precision)
                .withAdapters(adapters);
        return SparseModel.load(
                directory,
                Architectures.read(directory.resolve("config.json")),
                new EncodingContract("golden", role, role, new TreeMap<>()),
                EnumSet.allOf(TextRole.class),
                options,
                placement);
    }

    InputLayout layout(int fill) throws IOException {
        int start = Architectures.read(directory.resolve("config.json"))
                .decoderStart()
                .orElse(0);
        return new InputLayout(role.reading(), special, start, fill);
    }

    /** Longest text that the model reads. */
    int longest() throws IOException {
        int positions = Architectures.read(directory.resolve("config.json")).maxPositions();
        return role.reading().mode() == ReadingMode.ECHO ? positions / 2 : positions;
    }

    boolean dependsOnTheBatch() {
        return role.reading().alignment() == Alignment.REFERENCE;
    }

    /** The case of a name of the shared fixtures. */
    static GoldenCase ofName(Path folder, JsonNode golden, String name) {
        JsonNode recorded = golden.path("cases").path(name);
        JsonNode input = recorded.has("input_ids") ? recorded : golden;
        String model = name.substring(0, name.indexOf('.'));
        BitSet special = new BitSet();
        if (model.startsWith("opt")) {
            special.set(2);
        } else if (model.equals("bert")) {
            special.set(1, 3);
        }
        ReadingMode mode = mode(name);
        boolean masked = name.contains("special_masked") || model.startsWith("opt");
        boolean reference = name.contains("ref_batched") || name.contains(".mlp.") || name.contains("padded_repeat");
        ReadingContract reading = new ReadingContract(
                mode,
                reference ? Alignment.REFERENCE : Alignment.INVARIANT,
                Positions.ALL,
                masked ? SpecialTokenPolicy.MASK : SpecialTokenPolicy.KEEP);
        // The decoder alone was recorded in the reference's layout too.
        ReadingContract aligned = mode == ReadingMode.DECODER ? reading.withAlignment(Alignment.REFERENCE) : reading;
        RoleContract role = new RoleContract(TextContract.cutAt(MAX_TOKENS), aligned, head(name), PruningContract.NONE);
        return new GoldenCase(name, folder.resolve(model), List.of(), role, special, texts(input), vectors(recorded));
    }

    /** A case that says itself how it was made. */
    public static GoldenCase described(Path folder, String name, JsonNode recorded) {
        BitSet special = new BitSet();
        recorded.path("special_ids").forEach(id -> special.set(id.asInt()));
        ReadingContract reading = new ReadingContract(
                constant(recorded, "reading", ReadingMode.class),
                constant(recorded, "alignment", Alignment.class),
                constant(recorded, "positions", Positions.class),
                constant(recorded, "special_tokens", SpecialTokenPolicy.class));
        int outputs = recorded.path("vocabulary_limit").asInt(97);
        RoleContract role = new RoleContract(
                TextContract.cutAt(MAX_TOKENS),
                reading,
                describedHead(recorded.path("head"), outputs),
                PruningContract.NONE);
        Path directory = folder.resolve(recorded.path("model").asText());
        List<Path> adapters = recorded.has("adapter")
                ? List.of(folder.resolve(recorded.path("adapter").asText()))
                : List.of();
        return new GoldenCase(name, directory, adapters, role, special, texts(recorded), vectors(recorded));
    }

    private static HeadContract describedHead(JsonNode head, int outputs) {
        return switch (head.path("kind").asText()) {
            case "mlm" ->
                new HeadContract.Mlm(
                        constant(head, "pooling", Pooling.class),
                        constant(head, "saturation", Saturation.class),
                        new LogitAffine(
                                head.path("logit_scale").asDouble(),
                                head.path("logit_shift").asDouble()),
                        outputs);
            case "mlp" -> {
                List<String> layers = new ArrayList<>();
                head.path("layers")
                        .forEach(layer -> layers.add(layer.path("linear").asText()));
                layers.add(head.path("linear").asText());
                yield new HeadContract.Mlp(
                        layers,
                        constant(head, "activation", Rectifier.class),
                        constant(head, "reduction", Pooling.class),
                        constant(head, "saturation", Saturation.class),
                        outputs);
            }
            case "epic" ->
                new HeadContract.Epic(
                        head.path("importance").asText(), head.path("quality").asText(), outputs);
            case "sparta" -> {
                List<Integer> dropped = new ArrayList<>();
                head.path("dropped_ids").forEach(id -> dropped.add(id.asInt()));
                yield new HeadContract.Sparta(head.path("bias").asText(""), dropped, outputs);
            }
            default -> throw new IllegalArgumentException("head " + head);
        };
    }

    private static <E extends Enum<E>> E constant(JsonNode node, String key, Class<E> type) {
        return Enum.valueOf(type, node.path(key).asText().toUpperCase(Locale.ROOT));
    }

    private static ReadingMode mode(String name) {
        if (name.contains("encdec_multi")) {
            return ReadingMode.ENCODER_DECODER_MULTI;
        }
        if (name.contains("encdec_single")) {
            return ReadingMode.ENCODER_DECODER_SINGLE;
        }
        if (name.contains("dec_only")) {
            return ReadingMode.DECODER;
        }
        if (name.contains("echo")) {
            return ReadingMode.ECHO;
        }
        if (name.contains(".bi.")) {
            return ReadingMode.BIDIRECTIONAL;
        }
        return name.startsWith("llama") || name.startsWith("opt") ? ReadingMode.CAUSAL : ReadingMode.ENCODER;
    }

    private static HeadContract head(String name) {
        int outputs = 97;
        if (name.contains(".mlp.")) {
            Pooling pooling = name.endsWith("query_sum") ? Pooling.SUM : Pooling.MAX;
            return new HeadContract.Mlp(List.of("linear"), Rectifier.RELU, pooling, Saturation.LOG1P, outputs);
        }
        return new HeadContract.Mlm(
                name.endsWith(".sum") ? Pooling.SUM : Pooling.MAX,
                name.endsWith("double_log") ? Saturation.DOUBLE_LOG1P : Saturation.LOG1P,
                name.contains("h^-0.25") ? new LogitAffine(Math.pow(32, -0.25), 0) : LogitAffine.IDENTITY,
                outputs);
    }

    /** Rows of token ids, without their padding. */
    static List<int[]> texts(JsonNode input) {
        List<int[]> texts = new ArrayList<>();
        for (int row = 0; row < input.path("input_ids").size(); row++) {
            JsonNode ids = input.path("input_ids").path(row);
            JsonNode mask = input.path("attention_mask").path(row);
            texts.add(IntStream.range(0, ids.size())
                    .filter(t -> mask.path(t).asInt() == 1)
                    .map(t -> ids.path(t).asInt())
                    .toArray());
        }
        return texts;
    }

    static List<SparseVector> vectors(JsonNode recorded) {
        List<SparseVector> vectors = new ArrayList<>();
        for (JsonNode vector : recorded.path("vectors")) {
            int size = vector.path("ids").size();
            int[] ids = new int[size];
            float[] weights = new float[size];
            for (int i = 0; i < size; i++) {
                ids[i] = vector.path("ids").path(i).asInt();
                weights[i] = vector.path("w").path(i).floatValue();
            }
            vectors.add(new SparseVector(ids, weights));
        }
        return vectors;
    }
}
