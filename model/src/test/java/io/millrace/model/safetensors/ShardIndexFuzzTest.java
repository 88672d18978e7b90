package io.millrace.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ShardIndexFuzzTest {
    @TempDir
    private Path folder;

    @Test
    @Timeout(20)
    void aDamagedIndexIsRefusedOrSaysWhatTheShardsHold() throws IOException {
        new RawTensors().add("a.w", TensorType.F32, List.of(1L), 1).write(folder.resolve("model-1.safetensors"));
        new RawTensors().add("b.w", TensorType.F32, List.of(1L), 2).write(folder.resolve("model-2.safetensors"));
        String index = "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a.w\":\"model-1.safetensors\","
                + "\"b.w\":\"model-2.safetensors\"}}";
        Random random = new Random(31);
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            StringBuilder json = new StringBuilder(index);
            for (int n = random.nextInt(1, 4); n > 0; n--) {
                int at = random.nextInt(json.length());
                switch (random.nextInt(3)) {
                    case 0 -> json.setCharAt(at, "{}[]\",:.-/\\0912abw\u0000é".charAt(random.nextInt(20)));
                    case 1 -> json.deleteCharAt(at);
                    default -> json.insert(at, json.substring(at, Math.min(json.length(), at + random.nextInt(30))));
                }
            }
            Files.writeString(folder.resolve("index"), json);
            Files.move(
                    folder.resolve("index"),
                    folder.resolve(WeightFiles.INDEX),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            try (WeightFiles files = WeightFiles.open(folder)) {
                for (String tensor : files.tensors()) {
                    assertThat(files.floats(tensor, 1).get(0)).isEqualTo(tensor.equals("a.w") ? 1f : 2f);
                }
            } catch (InvalidModelException e) {
                assertThat(e.getMessage())
                        .as("%s", json)
                        .startsWith(folder.toString())
                        .contains(";");
                refused++;
            }
        }
        assertThat(refused).isBetween(1000, 1999);
    }
}
