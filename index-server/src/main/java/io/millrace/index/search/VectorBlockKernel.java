package io.millrace.index.search;

import io.millrace.index.segment.BlockColumns;
import io.millrace.index.segment.NativeMemory;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * A block's sixteen documents at a time, in vectors of 512 bits. A mask of documents spreads consecutive weights to their lanes in
 * one instruction, so that nothing depends on how many a pair has: no branch is mispredicted, and the memory of many pairs is
 * fetched at once, which is where the time of a search goes.
 *
 * <p>Vectors live in one loop each, pass through no method of ours and leave by arrays: the compiler keeps them in registers only
 * within what it compiles as one, and allocates them anywhere else.
 */
final class VectorBlockKernel implements BlockKernel {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_512;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_512;
    private static final VectorSpecies<Byte> LANES = ByteVector.SPECIES_128;
    private static final VectorSpecies<Byte> CHUNK = ByteVector.SPECIES_512;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final int BLOCK = BlockColumns.BLOCK;

    /** Whether this processor has vectors of that width. */
    static boolean isFast() {
        return FloatVector.SPECIES_PREFERRED.length() == BLOCK;
    }

    @Override
    public void boundChunks(
            BlockColumns columns, int[] rows, float[] factors, int from, int to, float sign, float[] bounds) {
        long maxima = columns.chunkMaxima().address();
        int stride = columns.stride();
        for (int chunk = 0; chunk < stride; chunk += BLOCK) {
            FloatVector bound = FloatVector.fromArray(FLOATS, bounds, chunk);
            for (int i = from; i < to; i++) {
                ByteVector units = ByteVector.fromMemorySegment(
                        LANES, NativeMemory.ALL, maxima + (long) rows[i] * stride + chunk, ORDER);
                bound = ((FloatVector) units.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0)
                                .convert(VectorOperators.I2F, 0))
                        .fma(FloatVector.broadcast(FLOATS, sign * factors[i]), bound);
            }
            bound.intoArray(bounds, chunk);
        }
    }

    @Override
    public int keepChunks(float threshold, int[] places, int count, int[] chunks, float[] rest, float[] bounds) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            int from = places[i] * BlockColumns.CHUNK_BLOCKS;
            float largest = FloatVector.fromArray(FLOATS, bounds, from)
                    .max(FloatVector.fromArray(FLOATS, bounds, from + BLOCK))
                    .max(FloatVector.fromArray(FLOATS, bounds, from + 2 * BLOCK)
                            .max(FloatVector.fromArray(FLOATS, bounds, from + 3 * BLOCK)))
                    .reduceLanes(VectorOperators.MAX);
            if (largest + rest[chunks[places[i]]] > threshold) {
                places[kept++] = places[i];
            } else {
                Arrays.fill(bounds, from, from + BlockColumns.CHUNK_BLOCKS, 0f);
            }
        }
        return kept;
    }

    @Override
    public void boundBlocks(
            BlockColumns columns, int[] rows, float[] factors, int from, int to, int chunk, float[] bounds, int at) {
        FloatVector first = FloatVector.fromArray(FLOATS, bounds, at);
        FloatVector second = FloatVector.fromArray(FLOATS, bounds, at + BLOCK);
        FloatVector third = FloatVector.fromArray(FLOATS, bounds, at + 2 * BLOCK);
        FloatVector fourth = FloatVector.fromArray(FLOATS, bounds, at + 3 * BLOCK);
        long presence = columns.presence().address();
        long maxima = columns.maxima().address();
        for (int i = from; i < to; i++) {
            long entry = columns.entry(rows[i], chunk);
            long blocks = NativeMemory.longAt(presence, entry);
            long pair = NativeMemory.longAt(presence, entry + 1) >>> 32;
            ByteVector units = ByteVector.fromMemorySegment(CHUNK, NativeMemory.ALL, maxima + pair, ORDER)
                    .expand(VectorMask.fromLong(CHUNK, blocks));
            FloatVector factor = FloatVector.broadcast(FLOATS, factors[i]);
            first = ((FloatVector) units.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0)
                            .convert(VectorOperators.I2F, 0))
                    .fma(factor, first);
            second = ((FloatVector) units.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 1)
                            .convert(VectorOperators.I2F, 0))
                    .fma(factor, second);
            third = ((FloatVector) units.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 2)
                            .convert(VectorOperators.I2F, 0))
                    .fma(factor, third);
            fourth = ((FloatVector) units.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 3)
                            .convert(VectorOperators.I2F, 0))
                    .fma(factor, fourth);
        }
        first.intoArray(bounds, at);
        second.intoArray(bounds, at + BLOCK);
        third.intoArray(bounds, at + 2 * BLOCK);
        fourth.intoArray(bounds, at + 3 * BLOCK);
    }

    @Override
    public void addFloats(long weights, Pairs pairs, float factor, float[] sums) {
        FloatVector factors = FloatVector.broadcast(FLOATS, factor);
        for (int i = 0; i < pairs.count; i++) {
            int at = pairs.slots[i] * BLOCK;
            FloatVector spread = FloatVector.fromMemorySegment(
                            FLOATS, NativeMemory.ALL, weights + pairs.postings[i] * Float.BYTES, ORDER)
                    .expand(VectorMask.fromLong(FLOATS, pairs.masks[i]));
            spread.fma(factors, FloatVector.fromArray(FLOATS, sums, at)).intoArray(sums, at);
        }
    }

    @Override
    public void addBytes(long weights, Pairs pairs, float factor, float[] sums) {
        FloatVector factors = FloatVector.broadcast(FLOATS, factor);
        for (int i = 0; i < pairs.count; i++) {
            int at = pairs.slots[i] * BLOCK;
            FloatVector spread = ((FloatVector)
                            ByteVector.fromMemorySegment(LANES, NativeMemory.ALL, weights + pairs.postings[i], ORDER)
                                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0)
                                    .convert(VectorOperators.I2F, 0))
                    .expand(VectorMask.fromLong(FLOATS, pairs.masks[i]));
            spread.fma(factors, FloatVector.fromArray(FLOATS, sums, at)).intoArray(sums, at);
        }
    }

    @Override
    public int keepAbove(float threshold, int[] slots, int count, float[] rest, float[] sums) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            int slot = slots[i];
            float largest = FloatVector.fromArray(FLOATS, sums, slot * BLOCK).reduceLanes(VectorOperators.MAX);
            slots[kept] = slot;
            // Without a branch: which slots stay can't be foreseen.
            kept += largest + rest[slot] > threshold ? 1 : 0;
        }
        return kept;
    }

    @Override
    public long above(float threshold, int slot, float[] sums) {
        return FloatVector.fromArray(FLOATS, sums, slot * BLOCK)
                .compare(VectorOperators.GT, threshold)
                .toLong();
    }

    @Override
    public int collectAbove(float threshold, float[] values, int count, int[] into) {
        int found = 0;
        for (int i = 0; i < count; i += BLOCK) {
            long above = FloatVector.fromArray(FLOATS, values, i)
                    .compare(VectorOperators.GT, threshold)
                    .toLong();
            for (; above != 0; above &= above - 1) {
                into[found++] = i + Long.numberOfTrailingZeros(above);
            }
        }
        return found;
    }
}
