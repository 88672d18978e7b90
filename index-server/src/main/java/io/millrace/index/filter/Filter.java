package io.millrace.index.filter;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which documents count, by their metadata. Equal filters match the same documents. */
public sealed interface Filter {
    /** Documents that match each part; all documents if there is none. */
    record All(List<Filter> parts) implements Filter {
        public All {
            parts = List.copyOf(parts);
        }
    }

    /** Documents that match a part. */
    record Any(List<Filter> parts) implements Filter {
        public Any {
            parts = List.copyOf(parts);
        }
    }

    /** Documents that do not match the part. */
    record Not(Filter part) implements Filter {}

    /** Documents with one of these values in a field. */
    record OneOf(String field, List<String> values) implements Filter {
        public OneOf {
            values = List.copyOf(values);
        }
    }

    /**
     * Documents whose value in a field is a number between bounds; see {@link DecimalNumber}.
     *
     * @param low lower bound; -∞ if there is none
     * @param above whether it is exclusive
     * @param high upper bound; ∞ if there is none
     * @param below whether it is exclusive
     */
    record Numbers(String field, double low, boolean above, double high, boolean below) implements Filter {}

    /**
     * Documents whose value in a field lies between texts, compared by their UTF-8 as unsigned bytes.
     *
     * @param low lower bound; null if there is none
     * @param above whether it is exclusive
     * @param high upper bound; null if there is none
     * @param below whether it is exclusive
     */
    record Texts(
            String field,
            @Nullable String low,
            boolean above,
            @Nullable String high,
            boolean below) implements Filter {}

    /** Documents that have a field. */
    record Exists(String field) implements Filter {}
}
