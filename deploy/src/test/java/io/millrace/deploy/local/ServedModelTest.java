package io.millrace.deploy.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.deploy.CommandRun;
import io.millrace.deploy.TinyModels;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.device.DeviceChoice;
import io.millrace.model.engine.Precision;
import io.millrace.vector.SparseVector;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ServedModelTest {
    @TempDir
    private Path folder;

    @Test
    void workersServeTheModelWithItsAdaptersInItsNumberFormat() throws Exception {
        Path model = TinyModels.copy("llama", folder.resolve("llama"), List.of(2, 3));
        List<Path> adapters = List.of(TinyModels.adapter("llama-lora"));
        ModelChoice choice = new ModelChoice(model, adapters, Precision.INT8, DeviceChoice.CPU);
        String text = "w11 w21 w13";
        SparseVector plain = vector(ModelChoice.of(model), text);
        SparseVector expected = vector(choice, text);
        try (LocalCluster cluster = LocalCluster.start(LocalClusterOptions.of(folder.resolve("data"), choice, 0))) {
            JsonNode encoded = CommandRun.of("encode", text, "-o", "json", "--server", cluster.address())
                    .json();
            assertThat(encoded.get("ids")).hasSize(expected.size());
            double different = 0;
            for (int i = 0; i < expected.size(); i++) {
                int id = encoded.path("ids").path(i).asInt();
                double weight = encoded.path("weights").path(i).asDouble();
                assertThat(weight).isCloseTo(expected.weight(id), within(1e-6));
                different = Math.max(different, Math.abs(weight - plain.weight(id)));
            }
            assertThat(different).isGreaterThan(0.01);
        }
    }

    private static SparseVector vector(ModelChoice choice, String text) throws Exception {
        try (SparseEncoder encoder = SparseEncoders.open(choice.folder(), choice.options())) {
            return encoder.encode(encoder.tokenize(List.of(text), TextRole.QUERY), TextRole.QUERY)
                    .getFirst();
        }
    }
}
