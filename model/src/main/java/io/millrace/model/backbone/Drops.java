package io.millrace.model.backbone;

import java.util.Optional;

/**
 * What dropout leaves out of a batch, by {@link DropMasks}.
 *
 * @param seed of the step and role
 * @param texts number of each text in the step
 * @param states share of hidden states that is left out, in [0, 1)
 * @param attention share of attention's weights that is left out, in [0, 1)
 */
@SuppressWarnings("ArrayRecordComponent") // held for a call only, and never compared
public record Drops(long seed, long[] texts, double states, double attention) {
    Optional<DropMasks> stateMasks() {
        return states > 0 ? Optional.of(new DropMasks(seed, texts, states)) : Optional.empty();
    }

    Optional<DropMasks> attentionMasks() {
        return attention > 0 ? Optional.of(new DropMasks(seed, texts, attention)) : Optional.empty();
    }

    /** The same for an encoder's stack, whose draws are its own. */
    Drops ofEncoder() {
        return new Drops(DropMasks.mix(seed), texts, states, attention);
    }
}
