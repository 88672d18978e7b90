package io.millrace.model.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the stacks of a model read.
 *
 * @param reader of the stack whose states are pooled
 * @param encoder of the stack that the reader attends to, the same texts in the same order; empty for none
 */
public record ModelInput(TokenBatch reader, Optional<TokenBatch> encoder) {
    /** Input of a single stack. */
    public static ModelInput of(TokenBatch reader) {
        return new ModelInput(reader, Optional.empty());
    }

    /**
     * Runs of consecutive texts of one length, which attention takes together: of each run the number of texts, the cells
     * of each in the reader, and the cells of each in the encoder, or 0.
     */
    public long[] groups() {
        List<Long> groups = new ArrayList<>();
        int[] lengths = reader.lengths();
        int[] encoded = encoder.map(TokenBatch::lengths).orElse(new int[lengths.length]);
        int begin = 0;
        for (int end = 1; end <= lengths.length; end++) {
            if (end == lengths.length || lengths[end] != lengths[begin] || encoded[end] != encoded[begin]) {
                groups.addAll(List.of((long) (end - begin), (long) lengths[begin], (long) encoded[begin]));
                begin = end;
            }
        }
        return groups.stream().mapToLong(Long::longValue).toArray();
    }
}
