package io.millrace.index.search;

import io.millrace.index.memory.NativeMemory;
import io.millrace.index.segment.BlockColumns;
import java.util.Arrays;

/** One number at a time: for processors without wide vectors, and what the other kernel is tested against. */
final class ScalarBlockKernel implements BlockKernel {
    @Override
    public void boundSuperblocks(BlockColumns columns, int[] rows, float[] factors, int count, float[] bounds) {
        long maxima = columns.superblockMaxima().address();
        int stride = columns.stride();
        for (int i = 0; i < count; i++) {
            long row = maxima + (long) rows[i] * stride;
            for (int superblock = 0; superblock < stride; superblock++) {
                bounds[superblock] += factors[i] * NativeMemory.unsignedByte(row + superblock);
            }
        }
    }

    @Override
    public void boundBlocks(BlockColumns columns, int[] rows, float[] factors, int from, int to, Superblocks bounded) {
        long maxima = columns.maxima().address();
        for (int p = 0; p < bounded.kept; p++) {
            int place = bounded.places[p];
            int superblock = bounded.numbers[place];
            int at = place * BlockColumns.SUPERBLOCK_BLOCKS;
            for (int i = from; i < to; i++) {
                long pair = maxima + columns.firstPair(rows[i], superblock);
                int blocks = columns.superblockBlocks(rows[i], superblock);
                while (blocks != 0) {
                    bounded.bounds[at + Integer.numberOfTrailingZeros(blocks)] +=
                            factors[i] * NativeMemory.unsignedByte(pair++);
                    blocks &= blocks - 1;
                }
                bounded.rest[place] -= factors[i] * columns.superblockMaximum(rows[i], superblock);
            }
        }
    }

    @Override
    public void keepSuperblocks(float threshold, Superblocks bounded) {
        int kept = 0;
        for (int p = 0; p < bounded.kept; p++) {
            int place = bounded.places[p];
            int from = place * BlockColumns.SUPERBLOCK_BLOCKS;
            float largest = 0f;
            for (int j = from; j < from + BlockColumns.SUPERBLOCK_BLOCKS; j++) {
                largest = Math.max(largest, bounded.bounds[j]);
            }
            if (largest + bounded.rest[place] > threshold) {
                bounded.places[kept++] = place;
            } else {
                Arrays.fill(bounded.bounds, from, from + BlockColumns.SUPERBLOCK_BLOCKS, 0f);
            }
        }
        bounded.kept = kept;
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
    public void addRow(BlockColumns columns, int row, Range chunks, long weights, double factor, double[] sums) {
        for (int chunk = chunks.first(); chunk < chunks.end(); chunk++) {
            int from = (chunk - chunks.first()) * BlockColumns.CHUNK_DOCUMENTS;
            long starts = columns.starts(row, chunk);
            int pair = (int) (starts >>> 32);
            long posting = starts & 0xFFFF_FFFFL;
            for (long blocks = columns.blocks(row, chunk); blocks != 0; blocks &= blocks - 1) {
                int first = from + Long.numberOfTrailingZeros(blocks) * BlockColumns.BLOCK;
                for (int mask = columns.pair(pair++) & 0xFFFF; mask != 0; mask &= mask - 1) {
                    sums[first + Integer.numberOfTrailingZeros(mask)] +=
                            factor * NativeMemory.floatAt(weights, posting++);
                }
            }
        }
    }

    @Override
    public void addRow(BlockColumns columns, int row, Range chunks, long weights, int factor, int[] sums) {
        for (int chunk = chunks.first(); chunk < chunks.end(); chunk++) {
            int from = (chunk - chunks.first()) * BlockColumns.CHUNK_DOCUMENTS;
            long starts = columns.starts(row, chunk);
            int pair = (int) (starts >>> 32);
            long posting = starts & 0xFFFF_FFFFL;
            for (long blocks = columns.blocks(row, chunk); blocks != 0; blocks &= blocks - 1) {
                int first = from + Long.numberOfTrailingZeros(blocks) * BlockColumns.BLOCK;
                for (int mask = columns.pair(pair++) & 0xFFFF; mask != 0; mask &= mask - 1) {
                    sums[first + Integer.numberOfTrailingZeros(mask)] +=
                            factor * NativeMemory.unsignedByte(weights + posting++);
                }
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
