package io.millrace.service;

import java.util.Collection;
import java.util.Comparator;

/** The known name that a mistyped one was probably meant to be. */
public final class NearestName {
    private NearestName() {}

    /**
     * The known name with the fewest edits to another; of equal ones the first.
     *
     * @param known may be empty, and then so is the result
     */
    public static String of(String name, Collection<String> known) {
        return known.stream()
                .min(Comparator.comparingInt(candidate -> editDistance(candidate, name)))
                .orElse("");
    }

    /** Letters to put in, take out or replace (Levenshtein). */
    private static int editDistance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
