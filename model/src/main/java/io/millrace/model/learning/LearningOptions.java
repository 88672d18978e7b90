package io.millrace.model.learning;

import io.millrace.model.InvalidModelException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How a checkpoint is learned.
 *
 * @param lanes batches computed side by side, each on one thread; the same number gives the same result to the last bit
 * @param dropout of hidden states and attention
 * @param frozen prefixes of names of weights that stay as they are, such as {@code bert.embeddings.}
 * @param adapter what is learned in place of the weights themselves; empty to learn these
 * @param tokenRate factor of the learning rate for weights of tokens that need no model, which are learned then; empty to
 *     leave them as they are
 */
public record LearningOptions(
        int lanes, Dropout dropout, List<String> frozen, Optional<AdapterOptions> adapter, OptionalDouble tokenRate) {
    /** Copies the list; refuses fewer lanes than one, and a rate that is none. */
    public LearningOptions {
        if (lanes < 1) {
            throw new IllegalArgumentException("lanes is " + lanes + ", but must be at least 1");
        }
        if (tokenRate.isPresent() && !(tokenRate.getAsDouble() > 0 && Double.isFinite(tokenRate.getAsDouble()))) {
            throw new IllegalArgumentException("the factor of the rate of tokens' weights is " + tokenRate.getAsDouble()
                    + ", but must be finite and above 0; leave it out to keep the weights");
        }
        frozen = List.copyOf(frozen);
    }

    /** Without learning weights of tokens that need no model. */
    public LearningOptions(int lanes, Dropout dropout, List<String> frozen, Optional<AdapterOptions> adapter) {
        this(lanes, dropout, frozen, adapter, OptionalDouble.empty());
    }

    /** All weights are learned, without dropout. */
    public static LearningOptions whole(int lanes) {
        return new LearningOptions(lanes, Dropout.NONE, List.of(), Optional.empty());
    }

    /** The same with another number of lanes. */
    public LearningOptions withLanes(int other) {
        return new LearningOptions(other, dropout, frozen, adapter, tokenRate);
    }

    /** The same with dropout. */
    public LearningOptions withDropout(Dropout other) {
        return new LearningOptions(lanes, other, frozen, adapter, tokenRate);
    }

    /** The same, with weights of tokens that need no model learned too, at a rate of their own. */
    public LearningOptions withTokenRate(double factor) {
        return new LearningOptions(lanes, dropout, frozen, adapter, OptionalDouble.of(factor));
    }

    /** Share of what adapters read that is left out. */
    double adapterDropout() {
        return adapter.map(AdapterOptions::dropout).orElse(0.0);
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
