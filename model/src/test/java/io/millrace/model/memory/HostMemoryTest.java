package io.millrace.model.memory;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.engine.Precision;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class HostMemoryTest {
    private static final Path MODEL = Path.of("../models/splade-tiny");

    @Test
    void aModelThatDoesNotFitBesideWhatIsThereIsRefusedBeforeItIsRead() throws Exception {
        Checkpoint checkpoint = Checkpoint.open(MODEL);
        EncoderOptions fp32 = EncoderOptions.defaults();
        // 4.4 million weights of 4 bytes, and the embeddings a second time.
        assertThatThrownBy(() ->
                        HostMemory.requireFits(checkpoint, fp32, new AvailableMemory(30_000_000, "what a test leaves")))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll("splade-tiny", "0.03 GB are available by what a test leaves");
        assertThatCode(() -> HostMemory.requireFits(
                        checkpoint, fp32.withPrecision(Precision.BF16), new AvailableMemory(30_000_000, "a test")))
                .doesNotThrowAnyException();
        assertThatCode(() -> HostMemory.requireFits(checkpoint, fp32, AvailableMemory.now()))
                .doesNotThrowAnyException();
    }
}
