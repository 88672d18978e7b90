package io.millrace.index.order;

import java.util.Arrays;

/** Moves the smallest of distinct keys to the front without sorting them: Hoare's FIND. Stateless. */
final class Selection {
    private Selection() {}

    /** Permutes the keys in [begin, end) so that the {@code count} smallest come first, in no particular order. */
    static void partition(long[] keys, int begin, int end, int count) {
        int from = begin;
        int last = end - 1;
        int wanted = begin + count;
        // Far more rounds than halving takes; keys that defeat the pivots are sorted instead.
        int rounds = 4 * (Integer.SIZE - Integer.numberOfLeadingZeros(end - begin));
        while (from < wanted && wanted <= last) {
            if (rounds-- == 0) {
                Arrays.sort(keys, from, last + 1);
                return;
            }
            long pivot = median(keys[from], keys[(from + last) >>> 1], keys[last]);
            int i = from;
            int j = last;
            while (i <= j) {
                while (keys[i] < pivot) {
                    i++;
                }
                while (keys[j] > pivot) {
                    j--;
                }
                if (i <= j) {
                    long key = keys[i];
                    keys[i++] = keys[j];
                    keys[j--] = key;
                }
            }
            // Now [from, j] <= pivot <= [i, last], and what lies between is the pivot.
            if (wanted <= j) {
                last = j;
            } else if (wanted >= i) {
                from = i;
            } else {
                return;
            }
        }
    }

    private static long median(long a, long b, long c) {
        return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    }
}
