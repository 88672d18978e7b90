package io.millrace.encoder.batch;

import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.service.Metrics;
import io.millrace.service.Metrics.LabelledRecorder;
import io.millrace.service.Metrics.Recorder;
import java.util.List;
import java.util.Locale;

/** What a worker counts. Padding waste is padding tokens over padding tokens plus tokens. Safe for any thread. */
public final class EncoderMetrics {
    private final Metrics metrics;
    private final Recorder batchTexts;
    private final Recorder batchPaddedTokens;
    private final LabelledRecorder inferenceSeconds;
    private final LabelledRecorder texts;
    private final LabelledRecorder tokens;
    private final LabelledRecorder padding;
    private final LabelledRecorder drops;
    private final LabelledRecorder refusals;
    private final Recorder inferenceFailures;

    /** Registers the metrics of one worker. */
    public EncoderMetrics(Metrics metrics) {
        this.metrics = metrics;
        batchTexts =
                metrics.sizes("millrace_encoder_batch_texts", "Texts, and pieces of long ones, in an inference batch.");
        batchPaddedTokens =
                metrics.sizes("millrace_encoder_batch_padded_tokens", "Padded tokens in an inference batch.");
        inferenceSeconds =
                metrics.seconds("millrace_encoder_inference_seconds", "Time of an inference batch, seconds.", "role");
        texts = metrics.counter("millrace_encoder_texts_total", "Texts encoded by role.", "role");
        tokens = metrics.counter("millrace_encoder_tokens_total", "Tokens encoded by role, without padding.", "role");
        padding = metrics.counter("millrace_encoder_padding_tokens_total", "Padding encoded by role, tokens.", "role");
        drops = metrics.counter(
                "millrace_encoder_drops_total", "Requests taken in but not encoded, by reason.", "reason");
        refusals = metrics.counter("millrace_encoder_refusals_total", "Requests not taken in, by status.", "status");
        inferenceFailures = metrics.counter(
                "millrace_encoder_inference_failures_total",
                "Inference batches that failed and were halved or given up.");
    }

    /**
     * Size of an inference batch.
     *
     * @param texts texts that begin in it
     * @param pieces rows: texts, or pieces of long ones
     * @param tokens tokens without padding
     * @param paddedTokens rows times the longest
     */
    record Shape(int texts, int pieces, int tokens, int paddedTokens) {}

    void inferred(TextRole role, Shape shape, double seconds) {
        String label = label(role);
        batchTexts.add(shape.pieces());
        batchPaddedTokens.add(shape.paddedTokens());
        inferenceSeconds.add(label, seconds);
        texts.add(label, shape.texts());
        tokens.add(label, shape.tokens());
        padding.add(label, shape.paddedTokens() - shape.tokens());
    }

    /** Counts texts whose vectors came from a table. */
    public void lookedUp(TextRole role, List<TokenizedText> looked) {
        texts.add(label(role), looked.size());
        tokens.add(label(role), looked.stream().mapToInt(TokenizedText::tokens).sum());
    }

    void inferenceFailed() {
        inferenceFailures.add(1);
    }

    /** Counts a request that was taken in but not encoded: {@code cancelled}, {@code deadline} or {@code shutdown}. */
    public void dropped(String reason) {
        drops.add(reason, 1);
    }

    /** Counts a request that was not taken in. */
    public void refused(Failure failure) {
        refusals.add(failure.code().name(), 1);
    }

    /** Adds a gauge read at each scrape. */
    public void gauge(String name, String help, java.util.function.DoubleSupplier value) {
        metrics.gauge(name, help, value);
    }

    private static String label(TextRole role) {
        return role.name().toLowerCase(Locale.ROOT);
    }
}
