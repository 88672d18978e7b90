package io.millrace.model.learning;

import io.millrace.model.InvalidModelException;
import java.util.List;
import java.util.Optional;

/**
 * How a checkpoint is learned.
 *
 * @param lanes batches computed side by side, each on one thread; the same number gives the same result to the last bit
 * @param dropout of hidden states and attention
 * @param frozen prefixes of names of weights that stay as they are, such as {@code bert.embeddings.}
 * @param adapter what is learned in place of the weights themselves; empty to learn these
 */
public record LearningOptions(int lanes, Dropout dropout, List<String> frozen, Optional<AdapterOptions> adapter) {
    /** Copies the list; refuses fewer lanes than one. */
    public LearningOptions {
        if (lanes < 1) {
            throw new IllegalArgumentException("lanes is " + lanes + ", but must be at least 1");
        }
        frozen = List.copyOf(frozen);
    }

    /** All weights are learned, without dropout. */
    public static LearningOptions whole(int lanes) {
        return new LearningOptions(lanes, Dropout.NONE, List.of(), Optional.empty());
    }

    /** The same with dropout. */
    public LearningOptions withDropout(Dropout other) {
        return new LearningOptions(lanes, other, frozen, adapter);
    }

    boolean freezes(String name) {
        return frozen.stream().anyMatch(name::startsWith);
    }

    /** Refuses names that freeze nothing, which are mistyped. */
    void requireFrozen(List<String> names) {
        for (String prefix : frozen) {
            if (names.stream().noneMatch(name -> name.startsWith(prefix))) {
                throw new InvalidModelException("no weight's name begins with '" + prefix
                        + "', so there is nothing to freeze; the names are like " + names.getFirst() + " and "
                        + names.getLast());
            }
        }
    }
}
