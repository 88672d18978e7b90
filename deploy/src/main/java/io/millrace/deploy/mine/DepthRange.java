package io.millrace.deploy.mine;

import io.millrace.trainer.data.Draws;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many negatives are drawn from how deep.
 *
 * @param negatives most that are drawn
 * @param depth ranks they are drawn from, 1 to this
 */
record DepthRange(int negatives, int depth) {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9})(?:@(\\d{1,9}))?");

    /** Hits that a search gives at most. */
    static final int DEEPEST = 10_000;

    /**
     * Reads {@code 25@50,25@1000}, or {@code 50} for so many of the default depth.
     *
     * @throws IllegalArgumentException if it is not of that form, or a range cannot hold as many
     */
    static List<DepthRange> parse(String text, int defaultDepth) {
        List<DepthRange> ranges = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Matcher matcher = FORM.matcher(part.strip());
            if (!matcher.matches()) {
                throw new IllegalArgumentException(
                        "--negatives is '" + text
                                + "'; write it as 50, or as 25@50,25@1000 for 25 of the first 50 and 25 more of the first 1000");
            }
            int count = Integer.parseInt(matcher.group(1));
            int depth = matcher.group(2) == null ? defaultDepth : Integer.parseInt(matcher.group(2));
            if (count < 1 || depth < count || depth > DEEPEST) {
                throw new IllegalArgumentException("--negatives asks for " + count + " of the first " + depth
                        + " hits; there must be 1 at least, no more than hits, and hits are " + DEEPEST + " at most");
            }
            ranges.add(new DepthRange(count, depth));
        }
        return List.copyOf(ranges);
    }

    /** The deepest rank that any of the ranges reaches. */
    static int deepest(List<DepthRange> ranges) {
        return ranges.stream().mapToInt(DepthRange::depth).max().orElse(0);
    }

    /**
     * Draws places of hits: of each range in turn, as many of its places as it wants, or as there are, without those that are
     * taken.
     *
     * @param usable for each place, from 0, whether a negative is there
     * @return places, ascending
     */
    static List<Integer> draw(List<DepthRange> ranges, boolean[] usable, Draws draws) {
        boolean[] free = usable.clone();
        List<Integer> drawn = new ArrayList<>();
        for (DepthRange range : ranges) {
            List<Integer> places = new ArrayList<>();
            for (int place = 0; place < Math.min(range.depth, free.length); place++) {
                if (free[place]) {
                    places.add(place);
                }
            }
            for (int i = 0; i < Math.min(range.negatives, places.size()); i++) {
                Collections.swap(places, i, i + (int) draws.below(places.size() - i));
                free[places.get(i)] = false;
                drawn.add(places.get(i));
            }
        }
        Collections.sort(drawn);
        return drawn;
    }
}
