package io.millrace.trainer.publish;

import io.millrace.vector.SparseVector;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a model must pass before any byte of it is sent. Checks run in order, after the golden vectors are computed; a further one,
 * such as a gate on sparsity, is given to {@link ModelPreparation}.
 */
@FunctionalInterface
public interface PublishCheck {
    /** Those that every model must pass. */
    List<PublishCheck> ALWAYS = List.of(PublishCheck::mostTextsHaveTerms);

    /**
     * Looks at a model.
     *
     * @throws io.millrace.model.InvalidModelException to refuse it, saying what was found, the limit and what to do
     */
    void check(Candidate candidate);

    /** A text without a term is found by nobody; a model that gives most texts none cannot be meant. */
    private static void mostTextsHaveTerms(Candidate candidate) {
        List<SparseVector> vectors = Stream.of(candidate.queries(), candidate.documents())
                .flatMap(golden -> golden.vectors().stream())
                .toList();
        long empty = vectors.stream().filter(SparseVector::isEmpty).count();
        if (2 * empty > vectors.size()) {
            throw new io.millrace.model.InvalidModelException(
                    candidate.folder() + " gives no term at all for " + empty + " of " + vectors.size()
                            + " golden texts, and such texts are never found; more than half is refused: train it further, or"
                            + " check the head and the pruning in its millrace.json");
        }
    }
}
