package io.millrace.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.InvalidModelException;
import io.millrace.model.safetensors.SafetensorsFile;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Adapters with a few bytes changed anywhere: each is refused with a sentence, or merged into finite weights. */
class AdapterFuzzTest {
    private static final Path ADAPTERS = Path.of("src/test/resources/adapters");

    @TempDir
    private Path folder;

    private int refused;
    private int merged;

    private void fuzz(String changed, String kept, int cases, int within) throws IOException {
        Files.copy(ADAPTERS.resolve("patterns").resolve(kept), folder.resolve(kept));
        byte[] whole = Files.readAllBytes(ADAPTERS.resolve("patterns").resolve(changed));
        Random random = new Random(41);
        try (FileChannel channel =
                FileChannel.open(folder.resolve(changed), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 0; i < cases; i++) {
                byte[] bytes = whole.clone();
                for (int n = random.nextInt(1, 4); n > 0; n--) {
                    String characters = "{}[]\",:.-+*()?|\\0912trueABq ";
                    bytes[random.nextInt(Math.min(within, bytes.length))] =
                            (byte) characters.charAt(random.nextInt(characters.length()));
                }
                channel.write(ByteBuffer.wrap(bytes), 0);
                merge();
            }
        }
    }

    private void merge() throws IOException {
        try (SafetensorsFile base = SafetensorsFile.open(ADAPTERS.resolve("base/model.safetensors"));
                TensorSource source = AdaptedTensors.open(base, List.of(folder))) {
            for (String tensor : source.tensors()) {
                float[] values = new float[(int) source.info(tensor).elements()];
                source.read(tensor, TensorType.F32, MemorySegment.ofArray(values));
                for (float value : values) {
                    assertThat(Float.isFinite(value)).isTrue();
                }
            }
            merged++;
        } catch (InvalidModelException e) {
            assertThat(e.getMessage()).contains(folder.toString()).contains(";");
            refused++;
        }
    }

    @Test
    @Timeout(30)
    void aDamagedConfiguration() throws IOException {
        fuzz(AdaptedTensors.CONFIG, AdaptedTensors.WEIGHTS, 1500, Integer.MAX_VALUE);
        assertThat(refused).isGreaterThan(700);
        assertThat(merged).isGreaterThan(100);
    }

    @Test
    @Timeout(30)
    void aDamagedHeader() throws IOException {
        fuzz(AdaptedTensors.WEIGHTS, AdaptedTensors.CONFIG, 1000, 3000);
        assertThat(refused).isGreaterThan(700);
    }
}
