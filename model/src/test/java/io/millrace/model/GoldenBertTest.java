package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.EncoderOptions.Kernels;
import io.millrace.model.batch.PaddedBatch;
import io.millrace.model.checkpoint.BertConfig;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Vectors of a tiny random BERT against torch and transformers, in both forms of the model. The recorded outputs are in
 * {@code golden/}, or in the folder that {@code -Dmillrace.golden} names.
 */
class GoldenBertTest {
    private static final double PARITY = 1e-5;
    private static final double INVARIANCE = 1e-6;
    private static final Path FOLDER = Path.of(System.getProperty("millrace.golden", "src/test/resources/golden"));

    /** Ids at the first and the last position of both sequences, and nowhere else. */
    private static final List<Integer> SPECIAL = List.of(1, 2);

    static Stream<Arguments> cases() {
        return Stream.of(Kernels.SCREENED, Kernels.FUSED, Kernels.PLAIN)
                .flatMap(form -> Stream.of(
                        Arguments.of(
                                "bert.mlm.naver", head(Pooling.MAX, Saturation.LOG1P, SpecialTokenPolicy.KEEP), form),
                        Arguments.of(
                                "bert.mlm.lsr_special_masked",
                                head(Pooling.MAX, Saturation.LOG1P, SpecialTokenPolicy.MASK),
                                form),
                        Arguments.of(
                                "bert.mlm.sum", head(Pooling.SUM, Saturation.LOG1P, SpecialTokenPolicy.KEEP), form),
                        Arguments.of(
                                "bert.mlm.double_log",
                                head(Pooling.MAX, Saturation.DOUBLE_LOG1P, SpecialTokenPolicy.KEEP),
                                form)));
    }

    private static HeadContract head(Pooling pooling, Saturation saturation, SpecialTokenPolicy special) {
        return new HeadContract(pooling, saturation, LogitAffine.IDENTITY, special, 97);
    }

    private static SparseModel load(HeadContract head, Kernels form) throws IOException {
        Path bert = FOLDER.resolve("bert");
        EncoderOptions options = EncoderOptions.defaults().withKernels(form);
        return SparseModel.load(bert, BertConfig.read(bert.resolve("config.json")), head, options);
    }

    private static BitSet ignored(HeadContract head) {
        BitSet ignored = new BitSet();
        if (head.specialTokens() == SpecialTokenPolicy.MASK) {
            SPECIAL.forEach(ignored::set);
        }
        return ignored;
    }

    private static JsonNode golden() throws IOException {
        return new JsonMapper().readTree(FOLDER.resolve("golden.json").toFile());
    }

    private static List<int[]> sequences() throws IOException {
        List<int[]> sequences = new ArrayList<>();
        for (int row = 0; row < golden().path("input_ids").size(); row++) {
            int length = 0;
            for (JsonNode one : golden().path("attention_mask").path(row)) {
                length += one.asInt();
            }
            JsonNode ids = golden().path("input_ids").path(row);
            sequences.add(
                    IntStream.range(0, length).map(t -> ids.path(t).asInt()).toArray());
        }
        return sequences;
    }

    private static List<SparseVector> expected(String name) throws IOException {
        List<SparseVector> vectors = new ArrayList<>();
        for (JsonNode vector : golden().path("cases").path(name).path("vectors")) {
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

    @ParameterizedTest(name = "{0} {2}")
    @MethodSource("cases")
    void equalsTheRecordedVectors(String name, HeadContract head, Kernels form) throws IOException {
        try (SparseModel model = load(head, form)) {
            List<SparseVector> vectors = model.encode(PaddedBatch.of(sequences(), ignored(head), 0));
            assertThat(expected(name)).hasSize(2).allMatch(vector -> vector.size() > 60);
            VectorDistance.assertClose(vectors, expected(name), PARITY, name);
        }
    }

    @ParameterizedTest(name = "{0} {2}")
    @MethodSource("cases")
    void doesNotDependOnCompanyOrderOrPadding(String name, HeadContract head, Kernels form) throws IOException {
        Random random = new Random(7);
        List<int[]> texts = new ArrayList<>(sequences());
        for (int i = 0; i < 20; i++) {
            int[] text = random.ints(3 + random.nextInt(40), 3, 97).toArray();
            text[0] = 2;
            text[text.length - 1] = 1;
            texts.add(text);
        }
        try (SparseModel model = load(head, form)) {
            List<SparseVector> alone = new ArrayList<>();
            for (int[] text : texts) {
                alone.addAll(model.encode(PaddedBatch.of(List.of(text), ignored(head), 0)));
            }
            List<Integer> order =
                    new ArrayList<>(IntStream.range(0, texts.size()).boxed().toList());
            for (int size : new int[] {1, 2, 3, 7, texts.size()}) {
                Collections.shuffle(order, random);
                for (int from = 0; from < order.size(); from += size) {
                    List<Integer> some = order.subList(from, Math.min(from + size, order.size()));
                    List<SparseVector> together = model.encode(
                            PaddedBatch.of(some.stream().map(texts::get).toList(), ignored(head), 5));
                    List<SparseVector> separate = some.stream().map(alone::get).toList();
                    // Sums grow with the text, and rounding with them: 1e-6 is of the weight where it exceeds 1.
                    double largest = separate.stream()
                            .flatMap(v -> IntStream.range(0, v.size()).mapToObj(i -> v.weights()[i]))
                            .max(Float::compare)
                            .orElse(1f);
                    VectorDistance.assertClose(
                            together, separate, INVARIANCE * Math.max(1, largest), name + " in batches of " + size);
                }
            }
        }
    }

    @ParameterizedTest(name = "{0} {2}")
    @MethodSource("cases")
    void isBitIdenticalWhateverPaddedCellsHold(String name, HeadContract head, Kernels form) throws IOException {
        Random random = new Random(11);
        try (SparseModel model = load(head, form)) {
            PaddedBatch zeros = widen(PaddedBatch.of(sequences(), ignored(head), 0), 9, () -> 0);
            PaddedBatch noise = widen(zeros, 9, () -> random.nextInt(97));
            assertThat(noise.ids()).isNotEqualTo(zeros.ids());
            assertThat(model.encode(noise)).as(name).isEqualTo(model.encode(zeros));
        }
    }

    private static PaddedBatch widen(PaddedBatch batch, int width, java.util.function.IntSupplier fill) {
        int[] ids = new int[batch.size() * width];
        BitSet counts = new BitSet();
        for (int b = 0; b < batch.size(); b++) {
            for (int t = 0; t < width; t++) {
                boolean own = t < batch.lengths()[b];
                ids[b * width + t] = own ? batch.ids()[b * batch.width() + t] : fill.getAsInt();
                counts.set(b * width + t, own && batch.counts().get(b * batch.width() + t));
            }
        }
        return new PaddedBatch(batch.size(), width, ids, Arrays.copyOf(batch.lengths(), batch.size()), counts);
    }
}
