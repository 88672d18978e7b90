package io.millrace.model.backbone;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.batch.TokenBatch;
import java.util.Arrays;
import java.util.Optional;

/**
 * What dropout leaves out of a batch, by {@link DropMasks}.
 *
 * @param seed of the step and role
 * @param texts number of each text in the step
 * @param states share of hidden states that is left out, in [0, 1)
 * @param attention share of attention's weights that is left out, in [0, 1)
 * @param adapters share of what adapters read that is left out, in [0, 1)
 */
@SuppressWarnings("ArrayRecordComponent") // held for a call only, and never compared
public record Drops(long seed, long[] texts, double states, double attention, double adapters) {
    /** Sites of a layer's adapters: layers read one input for three modules at most. */
    private static final int MODULES = 8;

    /** Told apart from the draws of states and attention by another seed. */
    private static final long ADAPTERS = 0x632BE59BD9B4E019L;

    /** Without adapters. */
    public Drops(long seed, long[] texts, double states, double attention) {
        this(seed, texts, states, attention, 0);
    }

    Optional<DropMasks> stateMasks() {
        return masks(seed, states);
    }

    Optional<DropMasks> attentionMasks() {
        return masks(seed, attention);
    }

    private Optional<DropMasks> masks(long key, double share) {
        return share > 0 ? Optional.of(new DropMasks(key, texts, share)) : Optional.empty();
    }

    private Optional<DropMasks> adapterMasks() {
        return masks(seed ^ ADAPTERS, adapters);
    }

    /** Factor of what is kept of an adapter's input; 1 where nothing is left out. */
    public double adapterKept() {
        return adapterMasks().map(DropMasks::kept).orElse(1.0);
    }

    /**
     * 1 for what is kept of the input of a layer's adapters, each with draws of its own, else 0.
     *
     * @param place of the layer in its stack
     * @param owner what the result is freed with
     * @return bytes [modules, N, in]
     * @throws IllegalStateException if nothing is left out of adapters' input
     */
    PtNDArray ofAdapters(TokenBatch batch, int place, SlotSource.LowRank adapters, PtNDManager owner) {
        int width = Math.toIntExact(adapters.down().getShape().get(1));
        return adapterMasks()
                .orElseThrow(() -> new IllegalStateException("nothing is left out, so adapters are merged"))
                .states(batch, MODULES * place, adapters.modules(), width, owner);
    }

    /** The same for some of the texts. */
    public Drops of(int[] rows) {
        return new Drops(seed, Arrays.stream(rows).mapToLong(row -> texts[row]).toArray(), states, attention, adapters);
    }

    /** The same for an encoder's stack, whose draws are its own. */
    Drops ofEncoder() {
        return new Drops(DropMasks.mix(seed), texts, states, attention, adapters);
    }
}
