package io.millrace.model.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.BackboneSpec;
import io.millrace.model.architecture.LlamaArchitecture;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.engine.LinearPacker;
import io.millrace.model.engine.OpenedKernels;
import io.millrace.model.engine.PackedParameters;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.Precision;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.truesize.HostMemory;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ContinuationTest {
    private static final int MODELS = 6;
    private static final int LONGEST = 40;

    @RegisterExtension
    static final OpenedKernels KERNELS = new OpenedKernels();

    /** A model, on a thread that is ready for it. */
    private static void with(
            Architecture architecture, Precision precision, Random random, Consumer<KernelBackbone> use) {
        with(architecture, architecture.readings().getFirst(), precision, random, use);
    }

    private static void with(
            Architecture architecture,
            ReadingMode reading,
            Precision precision,
            Random random,
            Consumer<KernelBackbone> use) {
        KERNELS.threads().call(() -> {
            BackboneSpec spec = architecture.backbone(reading);
            Parameters weights = TinyDecoder.weights(architecture, reading, random);
            try (PackedParameters packed =
                            new PackedParameters(weights, new LinearPacker(KERNELS.library()), precision);
                    KernelBackbone backbone =
                            new KernelBackbone(KERNELS.library(), spec, packed, TinyDecoder.POSITIONS)) {
                use.accept(backbone);
            }
            return true;
        });
    }

    /** Last states of texts that are read whole [B][H]. */
    private static float[][] whole(KernelBackbone backbone, GrowingTexts texts) {
        ModelInput input = texts.input();
        try (PtNDManager scope = PyTorchRuntime.newManager()) {
            float[][] all = rows(backbone.hiddenStates(input, scope));
            int[] starts = input.reader().starts();
            int[] lengths = input.reader().lengths();
            return IntStream.range(0, lengths.length)
                    .mapToObj(text -> all[starts[text] + lengths[text] - 1])
                    .toArray(float[][]::new);
        }
    }

    private static float[][] rows(PtNDArray states) {
        int width = (int) states.getShape().get(1);
        float[] all = states.toFloatArray();
        return IntStream.range(0, all.length / width)
                .mapToObj(row -> Arrays.copyOfRange(all, row * width, (row + 1) * width))
                .toArray(float[][]::new);
    }

    /** Rows to go on with: some are dropped, some go on in several ways. */
    private static int[] someRows(int rows, Random random) {
        int[] some = IntStream.range(0, rows)
                .flatMap(row -> IntStream.generate(() -> row).limit(random.nextInt(5) == 0 ? random.nextInt(3) : 1))
                .limit(8)
                .toArray();
        return some.length == 0 ? new int[] {rows - 1} : some;
    }

    private static void assertClose(float[][] actual, float[][] expected, double tolerance) {
        assertThat(actual).hasDimensions(expected.length, expected[0].length);
        for (int row = 0; row < expected.length; row++) {
            for (int i = 0; i < expected[row].length; i++) {
                double allowed = tolerance * Math.max(1, Math.abs(expected[row][i]));
                assertThat(actual[row][i]).isCloseTo(expected[row][i], within((float) allowed));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void readsTokenByTokenWhatTheWholeStackReads(TinyDecoder family) {
        for (int seed = 0; seed < MODELS; seed++) {
            Random random = new Random(seed);
            Architecture architecture = family.architecture(random);
            with(architecture, Precision.FP32, random, backbone -> {
                GrowingTexts texts = GrowingTexts.random(architecture, 1 + random.nextInt(4), LONGEST, random);
                try (Continuation read = backbone.begin(texts.input())) {
                    assertClose(rows(read.states()), whole(backbone, texts), 1e-5);
                    while (texts.longest() < LONGEST) {
                        int[] rows = someRows(texts.texts().size(), random);
                        int[] tokens =
                                random.ints(rows.length, 0, TinyDecoder.TOKENS).toArray();
                        texts = texts.longer(rows, tokens);
                        assertClose(rows(read.read(rows, tokens)), whole(backbone, texts), 1e-5);
                    }
                }
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void readsInCompanyWhatItReadsAlone(TinyDecoder family) {
        Random random = new Random(70);
        Architecture architecture = family.architecture(random);
        with(architecture, Precision.FP32, random, backbone -> {
            GrowingTexts texts = GrowingTexts.random(architecture, 4, 20, random);
            try (Continuation together = backbone.begin(texts.input());
                    Continuation alone = backbone.begin(texts.only(2).input())) {
                int own = 2;
                int[] rows = {0, 1, 2, 2, 3};
                for (int step = 0; step < 20; step++) {
                    if (step == 9) {
                        rows = new int[] {2, 3, 4};
                        own = 0;
                    }
                    int[] tokens =
                            random.ints(rows.length, 0, TinyDecoder.TOKENS).toArray();
                    float[][] states = rows(together.read(rows, tokens));
                    float[][] expected = rows(alone.read(new int[] {0}, new int[] {tokens[own]}));
                    assertThat(states[own]).containsExactly(expected[0]);
                    rows = IntStream.range(0, rows.length).toArray();
                }
            }
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"BF16", "INT8"})
    void keepsTheRoundingOfReducedPrecision(Precision precision) {
        for (TinyDecoder family : TinyDecoder.values()) {
            Random random = new Random(5);
            Architecture architecture = family.architecture(random);
            with(architecture, precision, random, backbone -> {
                GrowingTexts texts = GrowingTexts.random(architecture, 3, 20, random);
                try (Continuation read = backbone.begin(texts.input())) {
                    int[] rows = {0, 1, 2};
                    for (int step = 0; step < 12; step++) {
                        int[] tokens = random.ints(3, 0, TinyDecoder.TOKENS).toArray();
                        texts = texts.longer(rows, tokens);
                        assertClose(rows(read.read(rows, tokens)), whole(backbone, texts), 1e-3);
                    }
                }
            });
        }
    }

    @Test
    void holdsWhatTheTextsNeedAndNoMore() {
        Random random = new Random(1);
        Architecture architecture = TinyDecoder.QWEN3.architecture(random);
        with(architecture, Precision.FP32, random, backbone -> {
            GrowingTexts texts = new GrowingTexts(List.of(new int[20], new int[3]), List.of());
            try (Continuation read = backbone.begin(texts.input())) {
                long perToken = backbone.bytesPerToken();
                assertThat(perToken)
                        .isEqualTo(architecture
                                        .backbone(ReadingMode.CAUSAL)
                                        .reader()
                                        .layers()
                                        .size()
                                * 2L
                                * ((LlamaArchitecture) architecture).keyHeads()
                                * 8
                                * Float.BYTES);
                assertThat(read.cachedBytes()).isEqualTo(perToken * 2 * 20);
                read.read(new int[] {0, 0, 1}, new int[] {4, 5, 6});
                assertThat(read.cachedBytes()).isEqualTo(perToken * 3 * 32);
                read.read(new int[] {2}, new int[] {7});
                assertThat(read.cachedBytes()).isEqualTo(perToken * 16);
            }
        });
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void givesItsMemoryBackWhenClosed() {
        Random random = new Random(2);
        Architecture architecture = TinyDecoder.T5.architecture(random);
        with(architecture, Precision.FP32, random, backbone -> {
            GrowingTexts texts = GrowingTexts.random(architecture, 32, 1, random);
            int[] rows = IntStream.range(0, 2_048).map(row -> row / 64).toArray();
            long cached = 0;
            long before = 0;
            for (int round = 0; round < 100; round++) {
                before = round == 4 ? HostMemory.anonymousBytes() : before;
                try (Continuation read = backbone.begin(texts.input())) {
                    read.read(rows, new int[rows.length]);
                    cached += read.cachedBytes();
                }
            }
            assertThat(cached).isGreaterThan(256L << 20);
            assertThat(HostMemory.anonymousBytes() - before).isLessThan(cached / 8);
        });
    }

    @Test
    void refusesWhatItCannotRead() {
        Random random = new Random(3);
        Architecture architecture = TinyDecoder.LLAMA.architecture(random);
        with(architecture, Precision.FP32, random, backbone -> {
            GrowingTexts texts = new GrowingTexts(List.of(new int[TinyDecoder.POSITIONS], new int[3]), List.of());
            try (Continuation read = backbone.begin(texts.input())) {
                assertThatThrownBy(() -> read.read(new int[] {0, 1}, new int[] {4, 4}))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("a text would have 49 tokens, but positions were prepared for 48");
                assertThatThrownBy(() -> read.read(new int[] {1, 0}, new int[] {4, 4}))
                        .hasMessageContaining("rows must be ascending and below 2, but are [1, 0]");
                assertThatThrownBy(() -> read.read(new int[] {2}, new int[] {4}))
                        .hasMessageContaining("rows must be ascending");
                assertThatThrownBy(() -> read.read(new int[] {1}, new int[] {4, 4}))
                        .hasMessageContaining("there are 2 tokens");
                assertThatThrownBy(() -> read.read(new int[0], new int[0])).hasMessageContaining("at least");
                // What was refused has changed nothing.
                float[][] states = rows(read.read(new int[] {1}, new int[] {4}));
                GrowingTexts longer = texts.longer(new int[] {1}, new int[] {4});
                assertClose(states, whole(backbone, longer), 1e-5);
            }
            GrowingTexts long49 = new GrowingTexts(List.of(new int[TinyDecoder.POSITIONS + 1]), List.of());
            assertThatThrownBy(() -> backbone.begin(long49.input())).hasMessageContaining("49 tokens");
        });
        with(
                architecture,
                ReadingMode.BIDIRECTIONAL,
                Precision.FP32,
                random,
                backbone -> assertThatThrownBy(
                                () -> backbone.begin(new GrowingTexts(List.of(new int[3]), List.of()).input()))
                        .hasMessageContaining("only causal stacks"));
    }
}
