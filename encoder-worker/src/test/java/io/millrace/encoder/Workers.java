package io.millrace.encoder;

import io.millrace.model.SparseEncoder;
import io.millrace.model.engine.Precision;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Workers for tests, on any free port. */
final class Workers {
    private Workers() {}

    /** The settings tests start from: a fixed token budget, so that nothing is encoded at warm-up. */
    static EncoderWorkerConfig config() {
        return new EncoderWorkerConfig(
                "127.0.0.1",
                0,
                0,
                Path.of("fake"),
                List.of(),
                Precision.FP32,
                "cpu",
                1,
                2048,
                16,
                64L << 20,
                Duration.ofSeconds(10),
                "",
                "",
                32 << 10);
    }

    static EncoderWorker start(SparseEncoder encoder) {
        return EncoderWorker.start(config(), encoder);
    }

    static EncoderWorker startWithQueuedBytes(SparseEncoder encoder, long bytes) {
        EncoderWorkerConfig c = config();
        return EncoderWorker.start(
                new EncoderWorkerConfig(
                        c.host(),
                        0,
                        0,
                        c.model(),
                        c.adapters(),
                        c.precision(),
                        c.device(),
                        1,
                        c.tokenBudget(),
                        c.streamBatches(),
                        bytes,
                        c.shutdownGrace(),
                        "",
                        "",
                        32 << 10),
                encoder);
    }

    static EncoderWorker startMeasured(SparseEncoder encoder) {
        EncoderWorkerConfig c = config();
        return EncoderWorker.start(
                new EncoderWorkerConfig(
                        c.host(),
                        0,
                        0,
                        c.model(),
                        c.adapters(),
                        c.precision(),
                        c.device(),
                        1,
                        0,
                        c.streamBatches(),
                        c.queuedBytes(),
                        c.shutdownGrace(),
                        "",
                        "",
                        32 << 10),
                encoder);
    }
}
