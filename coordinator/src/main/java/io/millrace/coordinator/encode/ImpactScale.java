package io.millrace.coordinator.encode;

import io.millrace.coordinator.catalog.EncodingSpace;
import io.millrace.service.Refusals;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.TextRole;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.time.Duration;
import java.util.List;

/**
 * The scale of a new collection's 8-bit impacts. It must be fixed before the first document comes, so it is measured on
 * sample texts with some headroom; what is larger later is clipped, and index servers count it. Lexical weights have a bound,
 * mixing weight · (k1 + 1), and are never clipped: a hybrid space has one scale for both kinds of term.
 */
record ImpactScale(WorkerPool workers) {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    // Weights saturate as log(1 + logit), so the largest of a few texts comes close to the largest of many.
    private static final float HEADROOM = 1.25f;
    private static final List<String> SAMPLES = List.of(
            "Photosynthesis turns sunlight, water and carbon dioxide into sugar and oxygen.",
            "The parliament passed the budget after a long debate about taxes.",
            "Symptoms of influenza include fever, cough, headache and muscle pain.",
            "A violin has four strings and is played with a bow.",
            "earthquake",
            "The striker scored twice in the second half of the final.",
            "To bake bread, mix flour, water, yeast and salt, and let the dough rise.",
            "The theory of relativity relates space, time and gravity.",
            "whale",
            "Interest rates rose as the central bank tried to slow inflation.",
            "The museum shows paintings by Rembrandt and Vermeer.",
            "Install the package, restart the server and read the log for errors.");

    float of(EncodingSpace space) throws InterruptedException {
        float learned = HEADROOM * largestLearned(EncodingSpace.ofModel(space.model()));
        return space.hybrid()
                .map(hybrid -> Math.max(learned, (float) (hybrid.getMixingWeight() * (hybrid.getK1() + 1))))
                .orElse(learned);
    }

    private float largestLearned(EncodingSpace model) throws InterruptedException {
        var batch = workers.encode(
                EncodeBatch.newBuilder()
                        .setRole(TextRole.TEXT_ROLE_DOCUMENT)
                        .addAllTexts(SAMPLES)
                        .build(),
                model,
                TIMEOUT);
        float largest = 0;
        for (SparseVector vector : VectorBlockCodec.decode(
                batch.getVectors().getPayload().toByteArray(),
                SAMPLES.size(),
                batch.getVectors().getCrc32C())) {
            for (float weight : vector.weights()) {
                largest = Math.max(largest, weight);
            }
        }
        if (largest == 0) {
            throw Refusals.failedPrecondition("the workers' model gives sample texts no term at all;"
                    + " there is no scale for 8-bit weights: check the checkpoint, or use 32-bit weights");
        }
        return largest;
    }
}
