package io.millrace.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.safetensors.SafetensorsFile;
import io.millrace.model.safetensors.TensorSource;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weights as peft merges them; recorded by {@code adapter_merges.py}, the versions are in each file's metadata. */
class GoldenAdapterTest {
    private static final Path ADAPTERS = Path.of("src/test/resources/adapters");

    /** Values are around 1 and sums of at most 9 products of fp32. */
    private static final float TOLERANCE = 2e-6f;

    @ParameterizedTest
    @CsvSource({
        "plain, 6",
        "rank-stabilised, 14",
        "patterns, 14",
        "embedding, 3",
        "saved, 5",
        "biases, 12",
        "classifier, 4",
        "headless, 2",
        "half, 4"
    })
    void givesTheWeightsThatPeftMerges(String adapter, int changed) throws IOException {
        try (SafetensorsFile expected = SafetensorsFile.open(ADAPTERS.resolve(adapter + "/merged.safetensors"));
                SafetensorsFile base = SafetensorsFile.open(ADAPTERS.resolve("base/model.safetensors"));
                TensorSource merged = AdaptedTensors.open(base, List.of(ADAPTERS.resolve(adapter)))) {
            assertThat(merged.tensors()).containsAll(base.tensors()).containsAll(expected.tensors());
            int differing = 0;
            for (String tensor : expected.tensors()) {
                FloatBuffer found = merged.tensor(tensor).values();
                FloatBuffer recorded = expected.tensor(tensor).values();
                assertThat(merged.info(tensor).shape())
                        .isEqualTo(expected.info(tensor).shape());
                for (int i = 0; i < recorded.limit(); i++) {
                    assertThat(Math.abs(found.get(i) - recorded.get(i)))
                            .as("%s[%d]", tensor, i)
                            .isLessThanOrEqualTo(TOLERANCE * Math.max(1, Math.abs(recorded.get(i))));
                }
                if (base.contains(tensor) && base.tensor(tensor).values().mismatch(recorded) >= 0) {
                    differing++;
                }
            }
            assertThat(differing).isEqualTo(changed);
        }
    }
}
