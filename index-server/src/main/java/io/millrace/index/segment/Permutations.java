package io.millrace.index.segment;

import java.util.Arrays;

/** Orders of documents, as arrays of positions. */
final class Permutations {
    private Permutations() {}

    /** The positions of some numbers from the smallest to the largest; of equal ones the earlier first. */
    static int[] sorting(long[] numbers) {
        long[] sorted = numbers.clone();
        Arrays.sort(sorted);
        int[] order = new int[numbers.length];
        int[] taken = new int[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            int place = firstPlace(sorted, numbers[i]);
            order[place + taken[place]++] = i;
        }
        return order;
    }

    private static int firstPlace(long[] sorted, long number) {
        int low = 0;
        int high = sorted.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < number) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Where each position of an order went. */
    static int[] inverse(int[] order) {
        int[] inverse = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            inverse[order[i]] = i;
        }
        return inverse;
    }
}
