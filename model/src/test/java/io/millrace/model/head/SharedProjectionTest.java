package io.millrace.model.head;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.backbone.KernelBackbone;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.LinearPacker;
import io.millrace.model.engine.PackedParameters;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.Precision;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.screening.ScreeningLimits;
import io.millrace.model.safetensors.CheckpointShards;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A head over the backbone's own table of words, against one that has a copy, packed and in fp32. */
class SharedProjectionTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden-more");
    private static final int TERMS = 97;

    private static KernelLibrary kernels;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        PyTorchRuntime.start();
        PyTorchRuntime.prepareThread();
        kernels = KernelLibrary.load().orElseThrow();
    }

    @AfterAll
    static void stop() {
        kernels.close();
    }

    @ParameterizedTest
    @CsvSource({
        "qwen2, F32, MAX",
        "qwen2, F32, SUM",
        "qwen2, BF16, MAX",
        "qwen2, BF16, SUM",
        "qwen2, F16, MAX",
        "modernbert-hub, F16, MAX",
        "modernbert-hub, F16, SUM",
        "modernbert-hub, BF16, MAX",
        "opt-tail, BF16, MAX"
    })
    void givesTheVectorsOfAPackedCopy(String model, TensorType type, Pooling pooling) throws IOException {
        Architecture architecture = Architectures.read(GOLDEN.resolve(model).resolve("config.json"));
        try (TensorSource source = WeightFiles.open(GOLDEN.resolve(model))) {
            CheckpointShards.write(folder, source, type, Long.MAX_VALUE);
        }
        ReadingMode reading = architecture.readings().getFirst();
        InputLayout layout = new InputLayout(ReadingContract.of(reading, SpecialTokenPolicy.KEEP), new BitSet(), 0, 0);
        ModelInput input = layout.of(List.of(new int[] {2, 5, 41, 9, 1}, new int[] {2, 77}, new int[] {13}));
        HeadContract.Mlm contract = new HeadContract.Mlm(pooling, Saturation.LOG1P, LogitAffine.IDENTITY, TERMS);
        TensorSpec words = architecture.backbone(reading).reader().embedding().words();
        try (TensorSource files = WeightFiles.open(folder);
                PackedParameters packed = new PackedParameters(
                        new Parameters(files, architecture.backbonePrefix()),
                        new LinearPacker(kernels),
                        Precision.FP32);
                PtNDManager owner = PyTorchRuntime.newManager()) {
            assertThat(packed.plain()
                            .contains(architecture.projection(reading).weight().name()))
                    .isFalse();
            PtNDArray table = packed.table(words);
            assertThat(packed.table(words)).isSameAs(table);
            try (KernelBackbone backbone = new KernelBackbone(kernels, architecture.backbone(reading), packed, 16);
                    SparseHead copied =
                            new MlmKernelHead(kernels, weights(packed, architecture, owner), contract, Precision.FP32);
                    SparseHead shared = new MlmKernelHead(
                            kernels, weights(packed, architecture, owner).over(table), contract, Precision.FP32);
                    SparseHead screened = new MlmScreenedHead(
                            kernels,
                            weights(packed, architecture, owner).over(table),
                            contract,
                            Precision.FP32,
                            ScreeningLimits.forced(TERMS))) {
                List<SparseVector> expected = vectors(backbone, copied, input);
                assertThat(expected).allMatch(vector -> vector.size() > 5);
                equal(vectors(backbone, shared, input), expected);
                if (pooling == Pooling.MAX) {
                    equal(vectors(backbone, screened, input), expected);
                }
            }
        }
    }

    private static MlmHeadWeights weights(PackedParameters packed, Architecture architecture, PtNDManager owner) {
        ReadingMode reading = architecture.readings().getFirst();
        return MlmHeadWeights.read(
                packed.plain(),
                architecture.projection(reading),
                architecture.backbone(reading).reader().embedding().words(),
                owner);
    }

    private static List<SparseVector> vectors(KernelBackbone backbone, SparseHead head, ModelInput input) {
        try (PtNDManager scope = PyTorchRuntime.newManager()) {
            return head.vectors(backbone.hiddenStates(input, scope), input.reader());
        }
    }

    private static void equal(List<SparseVector> found, List<SparseVector> expected) {
        for (int text = 0; text < expected.size(); text++) {
            for (int term = 0; term < TERMS; term++) {
                assertThat(Math.abs(found.get(text).weight(term)
                                - expected.get(text).weight(term)))
                        .as("term %d of text %d", term, text)
                        .isLessThan(2e-6f);
            }
        }
    }
}
