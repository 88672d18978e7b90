package io.millrace.index.search;

import io.millrace.index.memory.NativeMemory;
import io.millrace.index.segment.BlockColumns;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
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
    private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_512;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_512;
    private static final VectorSpecies<Byte> LANES = ByteVector.SPECIES_128;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final int BLOCK = BlockColumns.BLOCK;

    /** Whether this processor has vectors of that width. */
    static boolean isFast() {
        return FloatVector.SPECIES_PREFERRED.length() == BLOCK;
    }

    @Override
    public void boundSuperblocks(BlockColumns columns, int[] rows, float[] factors, int count, float[] bounds) {
        long maxima = columns.superblockMaxima().address();
        int stride = columns.stride();
        for (int superblock = 0; superblock < stride; superblock += BLOCK) {
            FloatVector bound = FloatVector.fromArray(FLOATS, bounds, superblock);
            for (int i = 0; i < count; i++) {
                ByteVector units = ByteVector.fromMemorySegment(
                        LANES, NativeMemory.ALL, maxima + (long) rows[i] * stride + superblock, ORDER);
                bound = ((FloatVector) units.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0)
                                .convert(VectorOperators.I2F, 0))
                        .fma(FloatVector.broadcast(FLOATS, factors[i]), bound);
            }
            bound.intoArray(bounds, superblock);
        }
    }

    @Override
    public void boundBlocks(BlockColumns columns, int[] rows, float[] factors, int from, int to, Superblocks bounded) {
        long presence = columns.presence().address();
        long maxima = columns.maxima().address();
        long superblockMaxima = columns.superblockMaxima().address();
        long chunks = columns.chunks();
        long stride = columns.stride();
        for (int p = 0; p < bounded.kept; p++) {
            int place = bounded.places[p];
            int superblock = bounded.numbers[place];
            int chunk = superblock / BlockColumns.CHUNK_SUPERBLOCKS;
            int shift = superblock % BlockColumns.CHUNK_SUPERBLOCKS * BlockColumns.SUPERBLOCK_BLOCKS;
            long before = (1L << shift) - 1;
            FloatVector bound = FloatVector.fromArray(FLOATS, bounded.bounds, place * BLOCK);
            float rest = bounded.rest[place];
            for (int i = from; i < to; i++) {
                long row = rows[i];
                long entry = 2 * (row * chunks + chunk);
                long blocks = NativeMemory.longAt(presence, entry);
                long pair = (NativeMemory.longAt(presence, entry + 1) >>> 32) + Long.bitCount(blocks & before);
                ByteVector units = ByteVector.fromMemorySegment(LANES, NativeMemory.ALL, maxima + pair, ORDER)
                        .expand(VectorMask.fromLong(LANES, blocks >>> shift & 0xFFFF));
                bound = ((FloatVector) units.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0)
                                .convert(VectorOperators.I2F, 0))
                        .fma(FloatVector.broadcast(FLOATS, factors[i]), bound);
                rest -= factors[i] * NativeMemory.unsignedByte(superblockMaxima + row * stride + superblock);
            }
            bound.intoArray(bounded.bounds, place * BLOCK);
            bounded.rest[place] = rest;
        }
    }

    @Override
    public void keepSuperblocks(float threshold, Superblocks bounded) {
        int kept = 0;
        for (int p = 0; p < bounded.kept; p++) {
            int place = bounded.places[p];
            float largest =
                    FloatVector.fromArray(FLOATS, bounded.bounds, place * BLOCK).reduceLanes(VectorOperators.MAX);
            if (largest + bounded.rest[place] > threshold) {
                bounded.places[kept++] = place;
            } else {
                FloatVector.zero(FLOATS).intoArray(bounded.bounds, place * BLOCK);
            }
        }
        bounded.kept = kept;
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
    public void addRow(BlockColumns columns, int row, Range chunks, long weights, double factor, double[] sums) {
        DoubleVector factors = DoubleVector.broadcast(DOUBLES, factor);
        for (int chunk = chunks.first(); chunk < chunks.end(); chunk++) {
            int from = (chunk - chunks.first()) * BlockColumns.CHUNK_DOCUMENTS;
            long starts = columns.starts(row, chunk);
            int pair = (int) (starts >>> 32);
            long first = starts & 0xFFFF_FFFFL;
            for (long blocks = columns.blocks(row, chunk); blocks != 0; blocks &= blocks - 1) {
                int at = from + Long.numberOfTrailingZeros(blocks) * BLOCK;
                int record = columns.pair(pair++);
                long posting = first + (record >>> 16);
                FloatVector spread = FloatVector.fromMemorySegment(
                                FLOATS, NativeMemory.ALL, weights + posting * Float.BYTES, ORDER)
                        .expand(VectorMask.fromLong(FLOATS, record & 0xFFFF));
                ((DoubleVector) spread.convert(VectorOperators.F2D, 0))
                        .fma(factors, DoubleVector.fromArray(DOUBLES, sums, at))
                        .intoArray(sums, at);
                ((DoubleVector) spread.convert(VectorOperators.F2D, 1))
                        .fma(factors, DoubleVector.fromArray(DOUBLES, sums, at + BLOCK / 2))
                        .intoArray(sums, at + BLOCK / 2);
            }
        }
    }

    @Override
    public void addRow(BlockColumns columns, int row, Range chunks, long weights, int factor, int[] sums) {
        for (int chunk = chunks.first(); chunk < chunks.end(); chunk++) {
            int from = (chunk - chunks.first()) * BlockColumns.CHUNK_DOCUMENTS;
            long starts = columns.starts(row, chunk);
            int pair = (int) (starts >>> 32);
            long first = starts & 0xFFFF_FFFFL;
            for (long blocks = columns.blocks(row, chunk); blocks != 0; blocks &= blocks - 1) {
                int at = from + Long.numberOfTrailingZeros(blocks) * BLOCK;
                int record = columns.pair(pair++);
                long posting = first + (record >>> 16);
                IntVector spread = ((IntVector)
                                ByteVector.fromMemorySegment(LANES, NativeMemory.ALL, weights + posting, ORDER)
                                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0))
                        .expand(VectorMask.fromLong(INTS, record & 0xFFFF));
                spread.mul(factor).add(IntVector.fromArray(INTS, sums, at)).intoArray(sums, at);
            }
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
