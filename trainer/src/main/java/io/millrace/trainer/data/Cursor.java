package io.millrace.trainer.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * A place in an endless stream of examples, from which the very same examples follow.
 *
 * @param seed decides the order of every epoch and every draw
 * @param epoch how often all items were gone through, from 0
 * @param position items of this epoch that were gone through, used or not
 * @param source digest of the data and of how groups are drawn from it; a cursor fits no other
 */
public record Cursor(long seed, long epoch, long position, String source) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .build();

    /** Refuses places before the start. */
    public Cursor {
        if (epoch < 0 || position < 0) {
            throw new IllegalArgumentException(
                    "a cursor is at epoch " + epoch + " and position " + position + "; neither may be below 0");
        }
    }

    /** The start of a stream. */
    public static Cursor start(long seed, String source) {
        return new Cursor(seed, 0, 0, source);
    }

    /** As JSON, one line. */
    public String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * From JSON.
     *
     * @throws IllegalArgumentException if it is not one that {@link #toJson} wrote
     */
    public static Cursor fromJson(String json) {
        try {
            return JSON.readValue(json, Cursor.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "not a cursor: " + e.getOriginalMessage() + "; take the one saved with the checkpoint, whole", e);
        }
    }
}
