package io.millrace.model.head;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.architecture.BackboneSpec;
import io.millrace.model.backbone.ArrayBackbone;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.engine.ArrayMath;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.safetensors.WeightFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ArrayFormsTest {
    private static final Path BERT = Path.of("src/test/resources/golden/bert");

    @BeforeAll
    static void start() {
        PyTorchRuntime.start();
    }

    @Test
    void leaveNoArraysWithTheWeights() throws IOException {
        HeadContract.Mlm contract = new HeadContract.Mlm(Pooling.SUM, Saturation.LOG1P, LogitAffine.IDENTITY, 97);
        InputLayout layout =
                new InputLayout(ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.KEEP), new BitSet(), 0, 0);
        ModelInput input = layout.of(List.of(new int[] {2, 5, 1}, new int[] {2, 1}));
        try (WeightFiles files = WeightFiles.open(BERT);
                PtNDManager owner = PyTorchRuntime.newManager()) {
            Architecture bert = Architectures.read(BERT.resolve("config.json"));
            Parameters parameters = new Parameters(files, bert.backbonePrefix());
            BackboneSpec spec = bert.backbone(ReadingMode.ENCODER);
            MlmHeadWeights weights = MlmHeadWeights.read(
                    parameters,
                    bert.projection(ReadingMode.ENCODER),
                    spec.reader().embedding().words(),
                    owner);
            try (ArrayBackbone backbone = new ArrayBackbone(spec, parameters, owner);
                    MlmArrayHead head = new MlmArrayHead(weights, contract)) {
                int before = owner.getManagedArrays().size();
                assertThat(before).isGreaterThan(30);
                for (int i = 0; i < 3; i++) {
                    try (PtNDManager scope = PyTorchRuntime.newManager()) {
                        head.vectors(backbone.hiddenStates(input, scope), input.reader());
                        assertThat(scope.getManagedArrays()).hasSize(1);
                    }
                }
                assertThat(owner.getManagedArrays()).hasSize(before);
            }
        }
    }

    @Test
    void log1pKeepsWeightsThatAPlainLogarithmLoses() {
        try (PtNDManager manager = PyTorchRuntime.newManager()) {
            float[] values = {0f, 1e-30f, 1e-9f, 5.9e-8f, 6e-8f, 1e-3f, 1f, 20f};
            PtNDArray logs = (PtNDArray) ArrayMath.log1p(manager.create(values));
            for (int i = 0; i < values.length; i++) {
                float expected = (float) Math.log1p(values[i]);
                assertThat(logs.toFloatArray()[i]).isBetween(expected * 0.999999f, expected * 1.000001f);
            }
        }
    }
}
