package io.millrace.trainer.data.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class EpochOrderTest {
    @Test
    void everyEpochGoesThroughEveryItemOnce() {
        for (long size : new long[] {1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 1_000, 4_097}) {
            for (long epoch = 0; epoch < 5; epoch++) {
                EpochOrder order = new EpochOrder(42, epoch, size);
                BitSet seen = new BitSet();
                for (long position = 0; position < size; position++) {
                    seen.set((int) order.at(position));
                }
                assertThat(seen.cardinality()).isEqualTo((int) size);
                assertThat(seen.length()).isEqualTo((int) size);
            }
        }
    }

    @Test
    void ordersDifferByEpochAndBySeed() {
        assertThat(order(1, 0)).isEqualTo(order(1, 0)).isNotEqualTo(order(1, 1)).isNotEqualTo(order(2, 0));
    }

    private static long[] order(long seed, long epoch) {
        EpochOrder order = new EpochOrder(seed, epoch, 100);
        return LongStream.range(0, 100).map(order::at).toArray();
    }

    /** Over many orders of five items, each of the 120 permutations comes about equally often. */
    @Test
    void everyPermutationOfFewItemsIsAsLikely() {
        int rounds = 24_000;
        Map<String, Integer> seen = new HashMap<>();
        for (int epoch = 0; epoch < rounds; epoch++) {
            EpochOrder order = new EpochOrder(7, epoch, 5);
            seen.merge(Arrays.toString(LongStream.range(0, 5).map(order::at).toArray()), 1, Integer::sum);
        }
        double expected = rounds / 120.0;
        double chiSquare = seen.values().stream()
                .mapToDouble(count -> (count - expected) * (count - expected) / expected)
                .sum();
        assertThat(seen).hasSize(120);
        // 119 degrees of freedom: mean 119, standard deviation 15.4.
        assertThat(chiSquare).isBetween(60.0, 200.0);
    }
}
