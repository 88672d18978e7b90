package io.millrace.model.learning;

import io.millrace.model.TextRole;

/**
 * What a step's random choices are drawn from; the same draw gives the same choices.
 *
 * @param seed of the run
 * @param step of the run
 */
public record Draw(long seed, long step) {
    /** Seed of one role's texts in the step. */
    long of(TextRole role) {
        long number = switch (role) {
            case QUERY -> 1;
            case DOCUMENT -> 2;
        };
        // Odd factors, so that no two of small numbers meet.
        return seed * 0xD1342543DE82EF95L + step * 0x9E3779B97F4A7C15L + number * 0xBF58476D1CE4E5B9L;
    }
}
