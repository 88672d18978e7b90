package io.millrace.model.batch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Cuts a batch into rectangles: sorted by length, so that neighbours waste little padding, and bounded in padded tokens,
 * so that activations stay in cache and memory stays flat whatever the caller sends.
 *
 * @param maxPaddedTokens most tokens of a rectangle, padding included; a longer text has one for itself
 * @param maxTexts most texts of a rectangle, which bounds its dense [B, V] maximum
 */
public record BatchPlan(int maxPaddedTokens, int maxTexts) {
    /**
     * A rectangle is closed early when the next text would be padded by more than a quarter of the width, once it holds
     * an eighth of the budget: below that, the cost of one more call outweighs the padding.
     */
    private static final double LEAST_FILL = 0.75;

    /** Refuses limits below 1. */
    public BatchPlan {
        if (maxPaddedTokens < 1 || maxTexts < 1) {
            throw new IllegalArgumentException(
                    "limits must be at least 1, but are " + maxPaddedTokens + " tokens and " + maxTexts + " texts");
        }
    }

    /**
     * Groups texts of given lengths.
     *
     * @param lengths tokens of each text; texts of length 0 are left out
     * @return positions in {@code lengths}, by rectangle, longest text first
     */
    public List<int[]> group(int[] lengths) {
        int[] order = IntStream.range(0, lengths.length)
                .filter(i -> lengths[i] > 0)
                .boxed()
                .sorted(Comparator.comparingInt((Integer i) -> -lengths[i]).thenComparingInt(i -> i))
                .mapToInt(Integer::intValue)
                .toArray();
        List<int[]> groups = new ArrayList<>();
        int start = 0;
        for (int end = 1; end <= order.length; end++) {
            if (end == order.length || !fits(lengths[order[start]], end - start, lengths[order[end]])) {
                groups.add(java.util.Arrays.copyOfRange(order, start, end));
                start = end;
            }
        }
        return groups;
    }

    private boolean fits(int width, int texts, int next) {
        if (texts == maxTexts || (long) width * (texts + 1) > maxPaddedTokens) {
            return false;
        }
        return next >= LEAST_FILL * width || width * texts < maxPaddedTokens / 8;
    }
}
