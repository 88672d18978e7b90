package io.millrace.model.backbone;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.batch.TokenBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Draws what dropout keeps. Each draw is a function of the seed, the text's number, the layer and the place in it, and of
 * nothing else: neither the texts beside it, nor the order or the thread of computation change it. So a step that is run
 * again draws the same, and so does one that is run in smaller parts.
 *
 * @param seed of the step and stack
 * @param texts number of each text of the batch
 * @param share that is left out; rounded to a 256th
 */
record DropMasks(long seed, long[] texts, double share) {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    /** Bytes below which a draw leaves its cell out. */
    private int threshold() {
        return (int) Math.round(share * 256);
    }

    /** Factor of what is kept, so that sums keep their expectation. */
    double kept() {
        return 256.0 / (256 - threshold());
    }

    /** 1 for what is kept of states at each of the sites from one on, else 0: bytes [sites, N, H]. */
    PtNDArray states(TokenBatch batch, int first, int sites, int hidden, PtNDManager owner) {
        int[] lengths = batch.lengths();
        ByteBuffer mask = direct((long) sites * batch.cells() * hidden);
        for (int site = 0; site < sites; site++) {
            for (int b = 0; b < lengths.length; b++) {
                fill(mask, key(b, first + site), lengths[b] * hidden);
            }
        }
        return (PtNDArray)
                ((NDManager) owner).create(mask.flip(), new Shape(sites, batch.cells(), hidden), DataType.UINT8);
    }

    /** 1 for what is kept of a layer's attention weights, [A, T, T] text after text, in one row of bytes. */
    PtNDArray attention(TokenBatch batch, int layer, int heads, PtNDManager owner) {
        int[] lengths = batch.lengths();
        long size = 0;
        for (int length : lengths) {
            size += (long) heads * length * length;
        }
        ByteBuffer mask = direct(size);
        for (int b = 0; b < lengths.length; b++) {
            // Layers count down, so that they never meet the sites of states.
            fill(mask, key(b, -1 - layer), heads * lengths[b] * lengths[b]);
        }
        return (PtNDArray) ((NDManager) owner).create(mask.flip(), new Shape(size), DataType.UINT8);
    }

    private static ByteBuffer direct(long size) {
        return ByteBuffer.allocateDirect(Math.toIntExact(size)).order(ByteOrder.nativeOrder());
    }

    private long key(int text, int site) {
        return mix(mix(mix(seed) + texts[text]) + site);
    }

    /** Appends draws, eight from each value of SplitMix64 (Steele et al. 2014). */
    private void fill(ByteBuffer mask, long key, int count) {
        int threshold = threshold();
        long state = key;
        int whole = count / Long.BYTES;
        for (int i = 0; i < whole; i++) {
            state += GOLDEN;
            mask.putLong(kept(mix(state), threshold));
        }
        long last = kept(mix(state + GOLDEN), threshold);
        for (int i = whole * Long.BYTES; i < count; i++) {
            mask.put((byte) last);
            last >>>= Byte.SIZE;
        }
    }

    /** 1 in each byte that is not below a threshold. */
    private static long kept(long draws, int threshold) {
        long kept = 0;
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            kept |= ((draws >>> shift) & 0xFF) >= threshold ? 1L << shift : 0;
        }
        return kept;
    }

    /** SplitMix64's finaliser. */
    static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
