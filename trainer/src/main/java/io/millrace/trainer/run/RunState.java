package io.millrace.trainer.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.trainer.data.Cursor;
import io.millrace.trainer.regularizer.DocumentFrequencies;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a run stands, beside its weights.
 *
 * @param recipe SHA-256 of the recipe's text
 * @param weights SHA-256 of the file with weights and history
 * @param step steps that were taken
 * @param cursor where the data go on; null before the first step
 * @param best the best judgement so far; null before the first one
 * @param worse judgements since then
 * @param frequencies in how many sample documents terms occurred; null where nobody counts
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record RunState(
        String recipe,
        String weights,
        long step,
        @Nullable Cursor cursor,
        @Nullable Best best,
        int worse,
        @Nullable DocumentFrequencies frequencies) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /**
     * The best checkpoint so far.
     *
     * @param step after which it was judged
     * @param value of the metric
     */
    record Best(long step, double value) {}

    /** Before the first step. */
    static RunState begin(String recipe) {
        return new RunState(recipe, "", 0, null, null, 0, null);
    }

    /** The same with the digest of the saved weights. */
    RunState withWeights(String digest) {
        return new RunState(recipe, digest, step, cursor, best, worse, frequencies);
    }

    /** After another step. */
    RunState next(Cursor after, Optional<DocumentFrequencies> counted) {
        return new RunState(recipe, "", step + 1, after, best, worse, counted.orElse(null));
    }

    /** After a judgement. */
    RunState judged(double value, boolean better) {
        return new RunState(
                recipe, "", step, cursor, better ? new Best(step, value) : best, better ? 0 : worse + 1, frequencies);
    }

    /** Where the data go on; empty before the first step. */
    Optional<Cursor> place() {
        return Optional.ofNullable(cursor);
    }

    /** Frequencies of terms, where they are counted. */
    Optional<DocumentFrequencies> counted() {
        return Optional.ofNullable(frequencies);
    }

    /** The best judgement so far. */
    Optional<Best> judged() {
        return Optional.ofNullable(best);
    }

    String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws IllegalArgumentException if it is not one that {@link #toJson} wrote */
    static RunState fromJson(String json) {
        try {
            return JSON.readValue(json, RunState.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not the state of a run: " + e.getOriginalMessage(), e);
        }
    }
}
