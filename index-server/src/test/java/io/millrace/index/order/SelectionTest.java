package io.millrace.index.order;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

class SelectionTest {
    @Test
    void movesTheSmallestToTheFrontOfTheRangeAndNothingElse() {
        Random random = new Random(11);
        for (int round = 0; round < 400; round++) {
            long[] keys = keys(random.nextInt(200), round % 4, random);
            int begin = random.nextInt(keys.length + 1);
            int end = begin + random.nextInt(keys.length - begin + 1);
            int count = random.nextInt(end - begin + 1);
            long[] sorted = keys.clone();
            Arrays.sort(sorted, begin, end);
            Selection.partition(keys, begin, end, count);
            Arrays.sort(keys, begin, begin + count);
            Arrays.sort(keys, begin + count, end);
            assertThat(keys).as("range %d to %d, count %d", begin, end, count).isEqualTo(sorted);
        }
    }

    /** Distinct keys: shuffled, ascending, descending, or rising and then falling. */
    private static long[] keys(int size, int form, Random random) {
        return switch (form) {
            case 0 -> random.longs(size).toArray();
            case 1 -> sequence(size, i -> i);
            case 2 -> sequence(size, i -> -i);
            default -> sequence(size, i -> i < size / 2 ? 2L * i : 2L * (size - i) - 1);
        };
    }

    private static long[] sequence(int size, IntToLongFunction key) {
        long[] keys = new long[size];
        Arrays.setAll(keys, key);
        return keys;
    }
}
