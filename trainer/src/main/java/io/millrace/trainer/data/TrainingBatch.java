package io.millrace.trainer.data;

import java.util.BitSet;
import java.util.List;

/**
 * Examples of one step: Q queries with G candidates each.
 *
 * @param examples all with the same number of candidates, and all with teacher scores or all without [Q]
 * @param after where the stream goes on behind this batch; kept with a checkpoint, it resumes the run there
 */
public record TrainingBatch(List<TrainingExample> examples, Cursor after) {
    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if it is empty, or the examples differ in form
     */
    public TrainingBatch {
        examples = List.copyOf(examples);
        if (examples.isEmpty()) {
            throw new IllegalArgumentException("a batch needs an example");
        }
        int group = examples.getFirst().candidates().size();
        boolean scored = !examples.getFirst().scores().isEmpty();
        for (TrainingExample example : examples) {
            if (example.candidates().size() != group || example.scores().isEmpty() == scored) {
                throw new IllegalArgumentException(
                        "the query '" + example.query().id() + "' has "
                                + example.candidates().size() + " candidates and "
                                + example.scores().size() + " scores, but the first of its batch has " + group + " and "
                                + (scored ? group : 0) + "; a batch holds groups of one form");
            }
        }
    }

    /** Number of queries, Q. */
    public int queries() {
        return examples.size();
    }

    /** Candidates of each query, G. */
    public int groupSize() {
        return examples.getFirst().candidates().size();
    }

    /** Texts of the queries [Q]. */
    public List<String> queryTexts() {
        return examples.stream().map(example -> example.query().text()).toList();
    }

    /** Texts of the candidates, one query's after the other's [Q * G]. */
    public List<String> candidateTexts() {
        return examples.stream()
                .flatMap(example -> example.candidates().stream())
                .map(Passage::text)
                .toList();
    }

    /** Whether a teacher scored the candidates. */
    public boolean scored() {
        return !examples.getFirst().scores().isEmpty();
    }

    /** Teacher scores, one query's after the other's [Q * G]; of length 0 if there are none. */
    public float[] scores() {
        float[] scores = new float[scored() ? queries() * groupSize() : 0];
        int at = 0;
        for (TrainingExample example : examples) {
            for (float score : example.scores()) {
                scores[at++] = score;
            }
        }
        return scores;
    }

    /**
     * Candidates of other queries that are known to answer a query, so that they are no negatives for it: relevant by id,
     * or the text of its own positive once more.
     *
     * @return cell {@code query * (Q * G) + candidate} is set where the loss must leave the pair out
     */
    public BitSet falseNegatives() {
        int width = queries() * groupSize();
        BitSet cells = new BitSet();
        for (int q = 0; q < queries(); q++) {
            TrainingExample own = examples.get(q);
            for (int c = 0; c < width; c++) {
                Passage other = examples.get(c / groupSize()).candidates().get(c % groupSize());
                boolean ownGroup = c / groupSize() == q;
                if (!ownGroup
                        && (own.relevant().contains(other.id())
                                || other.text().equals(own.positive().text()))) {
                    cells.set(q * width + c);
                }
            }
        }
        return cells;
    }
}
