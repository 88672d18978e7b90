package io.millrace.index.search;

import io.millrace.index.segment.BlockColumns;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
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
 * <p>Vectors live in one loop each and leave it through arrays: the compiler keeps them in registers only within a method that
 * it compiles as one.
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
    public void boundChunks(BlockColumns columns, int[] rows, float[] factors, int terms, float[] bounds) {
        MemorySegment maxima = columns.chunkMaxima();
        int stride = columns.stride();
        for (int chunk = 0; chunk < stride; chunk += BLOCK) {
            FloatVector bound = FloatVector.fromArray(FLOATS, bounds, chunk);
            for (int i = 0; i < terms; i++) {
                ByteVector units = ByteVector.fromMemorySegment(LANES, maxima, (long) rows[i] * stride + chunk, ORDER);
                bound = floats(units, 0).fma(FloatVector.broadcast(FLOATS, factors[i]), bound);
            }
            bound.intoArray(bounds, chunk);
        }
    }

    @Override
    public void boundBlocks(
            BlockColumns columns, int[] rows, float[] factors, int terms, int chunk, float[] sums, float[] bounds) {
        int from = chunk * BlockColumns.CHUNK_BLOCKS;
        FloatVector first = FloatVector.fromArray(FLOATS, sums, from);
        FloatVector second = FloatVector.fromArray(FLOATS, sums, from + BLOCK);
        FloatVector third = FloatVector.fromArray(FLOATS, sums, from + 2 * BLOCK);
        FloatVector fourth = FloatVector.fromArray(FLOATS, sums, from + 3 * BLOCK);
        MemorySegment presence = columns.presence();
        MemorySegment maxima = columns.maxima();
        for (int i = 0; i < terms; i++) {
            long entry = 2 * ((long) rows[i] * columns.chunks() + chunk);
            long blocks = presence.getAtIndex(ValueLayout.JAVA_LONG, entry);
            long pair = presence.getAtIndex(ValueLayout.JAVA_LONG, entry + 1) >>> 32;
            ByteVector units =
                    ByteVector.fromMemorySegment(CHUNK, maxima, pair, ORDER).expand(VectorMask.fromLong(CHUNK, blocks));
            FloatVector factor = FloatVector.broadcast(FLOATS, factors[i]);
            first = floats(units, 0).fma(factor, first);
            second = floats(units, 1).fma(factor, second);
            third = floats(units, 2).fma(factor, third);
            fourth = floats(units, 3).fma(factor, fourth);
        }
        first.intoArray(bounds, 0);
        second.intoArray(bounds, BLOCK);
        third.intoArray(bounds, 2 * BLOCK);
        fourth.intoArray(bounds, 3 * BLOCK);
    }

    /** Sixteen of a vector's unsigned bytes as floats. */
    private static FloatVector floats(ByteVector bytes, int part) {
        IntVector ints = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, part);
        return (FloatVector) ints.convert(VectorOperators.I2F, 0);
    }

    @Override
    public void addFloats(MemorySegment weights, Pairs pairs, float factor, float[] sums) {
        FloatVector factors = FloatVector.broadcast(FLOATS, factor);
        for (int i = 0; i < pairs.count; i++) {
            int at = pairs.slots[i] * BLOCK;
            FloatVector spread = FloatVector.fromMemorySegment(FLOATS, weights, pairs.postings[i] * Float.BYTES, ORDER)
                    .expand(VectorMask.fromLong(FLOATS, pairs.masks[i]));
            spread.fma(factors, FloatVector.fromArray(FLOATS, sums, at)).intoArray(sums, at);
        }
    }

    @Override
    public void addBytes(MemorySegment weights, Pairs pairs, float factor, float[] sums) {
        FloatVector factors = FloatVector.broadcast(FLOATS, factor);
        for (int i = 0; i < pairs.count; i++) {
            int at = pairs.slots[i] * BLOCK;
            FloatVector spread = floats(ByteVector.fromMemorySegment(LANES, weights, pairs.postings[i], ORDER), 0)
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
