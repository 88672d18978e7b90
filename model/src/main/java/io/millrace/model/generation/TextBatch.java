package io.millrace.model.generation;

import io.millrace.model.backbone.Continuation;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Texts that are written together, one token each at a time; those that have ended are dropped.
 *
 * @param model that writes
 * @param ends tokens behind which nothing more is written
 * @param texts token ids that the model reads, each of at least one token
 * @param samplings what is written for each text is one sequence for each of these
 */
record TextBatch(WritingModel model, Set<Integer> ends, List<int[]> texts, List<Sampling> samplings) {
    /** Tokens written, text by text and of each by sampling; up to and with an end token. */
    int[][] write() {
        int sequences = texts.size() * samplings.size();
        int[][] written = new int[sequences][0];
        int[] going = IntStream.range(0, sequences).toArray();
        try (Continuation read = model.backbone().begin(model.prompts(texts))) {
            // At first the sequences of a text share what was read of it.
            int[] rows = Arrays.stream(going)
                    .map(sequence -> sequence / samplings.size())
                    .toArray();
            while (true) {
                float[][] logits = model.logits(read.states());
                for (int i = 0; i < going.length; i++) {
                    written[going[i]] = longer(written[going[i]], logits[rows[i]], sampling(going[i]));
                }
                int[] before = going;
                int[] places = rows;
                int[] left = IntStream.range(0, before.length)
                        .filter(i -> !ended(written[before[i]], sampling(before[i])))
                        .toArray();
                if (left.length == 0) {
                    return written;
                }
                going = pick(before, left);
                read.read(
                        pick(places, left),
                        Arrays.stream(going)
                                .map(sequence -> written[sequence][written[sequence].length - 1])
                                .toArray());
                rows = IntStream.range(0, going.length).toArray();
            }
        }
    }

    private Sampling sampling(int sequence) {
        return samplings.get(sequence % samplings.size());
    }

    private static int[] longer(int[] written, float[] logits, Sampling sampling) {
        int[] longer = Arrays.copyOf(written, written.length + 1);
        longer[written.length] = sampling.choose(logits, written.length);
        return longer;
    }

    private boolean ended(int[] written, Sampling sampling) {
        return written.length == sampling.maxTokens() || ends.contains(written[written.length - 1]);
    }

    private static int[] pick(int[] values, int[] places) {
        return Arrays.stream(places).map(place -> values[place]).toArray();
    }
}
