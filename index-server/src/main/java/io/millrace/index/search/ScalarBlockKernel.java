package io.millrace.index.search;

import io.millrace.index.segment.BlockColumns;
import io.millrace.index.segment.NativeMemory;
import java.util.Arrays;

/** One number at a time: for processors without wide vectors, and what the other kernel is tested against. */
final class ScalarBlockKernel implements BlockKernel {
    @Override
    public void boundChunks(
            BlockColumns columns, int[] rows, float[] factors, int from, int to, float sign, float[] bounds) {
        long maxima = columns.chunkMaxima().address();
        int stride = columns.stride();
        for (int i = from; i < to; i++) {
            long row = maxima + (long) rows[i] * stride;
            for (int chunk = 0; chunk < columns.chunks(); chunk++) {
                bounds[chunk] += sign * factors[i] * NativeMemory.unsignedByte(row + chunk);
            }
        }
    }

    @Override
    public int keepChunks(float threshold, int[] places, int count, int[] chunks, float[] rest, float[] bounds) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            int from = places[i] * BlockColumns.CHUNK_BLOCKS;
            float largest = 0f;
            for (int j = from; j < from + BlockColumns.CHUNK_BLOCKS; j++) {
                largest = Math.max(largest, bounds[j]);
            }
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
        long maxima = columns.maxima().address();
        for (int i = from; i < to; i++) {
            long blocks = columns.blocks(rows[i], chunk);
            long pair = maxima + (columns.starts(rows[i], chunk) >>> 32);
            while (blocks != 0) {
                bounds[at + Long.numberOfTrailingZeros(blocks)] += factors[i] * NativeMemory.unsignedByte(pair++);
                blocks &= blocks - 1;
            }
        }
    }

    @Override
    public void addFloats(long weights, Pairs pairs, float factor, float[] sums) {
        for (int i = 0; i < pairs.count; i++) {
            int first = pairs.slots[i] * BlockColumns.BLOCK;
            long posting = pairs.postings[i];
            for (int mask = pairs.masks[i]; mask != 0; mask &= mask - 1) {
                sums[first + Integer.numberOfTrailingZeros(mask)] += factor * NativeMemory.floatAt(weights, posting++);
            }
        }
    }

    @Override
    public void addBytes(long weights, Pairs pairs, float factor, float[] sums) {
        for (int i = 0; i < pairs.count; i++) {
            int first = pairs.slots[i] * BlockColumns.BLOCK;
            long posting = pairs.postings[i];
            for (int mask = pairs.masks[i]; mask != 0; mask &= mask - 1) {
                sums[first + Integer.numberOfTrailingZeros(mask)] +=
                        factor * NativeMemory.unsignedByte(weights + posting++);
            }
        }
    }

    @Override
    public int keepAbove(float threshold, int[] slots, int count, float[] rest, float[] sums) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            int slot = slots[i];
            float largest = 0f;
            for (int j = slot * BlockColumns.BLOCK; j < (slot + 1) * BlockColumns.BLOCK; j++) {
                largest = Math.max(largest, sums[j]);
            }
            if (largest + rest[slot] > threshold) {
                slots[kept++] = slot;
            }
        }
        return kept;
    }

    @Override
    public long above(float threshold, int slot, float[] sums) {
        long above = 0;
        for (int i = 0; i < BlockColumns.BLOCK; i++) {
            above |= sums[slot * BlockColumns.BLOCK + i] > threshold ? 1L << i : 0;
        }
        return above;
    }

    @Override
    public int collectAbove(float threshold, float[] values, int count, int[] into) {
        int found = 0;
        for (int i = 0; i < count; i++) {
            if (values[i] > threshold) {
                into[found++] = i;
            }
        }
        return found;
    }
}
