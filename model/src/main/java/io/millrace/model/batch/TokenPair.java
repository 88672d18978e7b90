package io.millrace.model.batch;

import java.util.List;

/**
 * Two texts that a model reads as one.
 *
 * @param ids token ids of both, with the template's own [T]
 * @param secondStart position from which on cells are of the second segment; T if there are no segments
 */
public record TokenPair(int[] ids, int secondStart) {
    /**
     * Pairs laid out one after the other.
     *
     * @param last whether the state of the last token is read, rather than that of the first
     */
    public static ModelInput layout(List<TokenPair> pairs, boolean last) {
        TokenBatchBuilder cells = new TokenBatchBuilder();
        for (TokenPair pair : pairs) {
            cells.text();
            for (int t = 0; t < pair.ids.length; t++) {
                cells.cell(pair.ids[t]).second(t >= pair.secondStart).counted(t == (last ? pair.ids.length - 1 : 0));
            }
        }
        return ModelInput.of(cells.build());
    }
}
