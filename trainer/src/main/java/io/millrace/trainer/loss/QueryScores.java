package io.millrace.trainer.loss;

import org.jspecify.annotations.Nullable;

/**
 * One query's dot products, as a loss sees them: with its own candidates, and, where a loss asks for them, with every other
 * document of the batch. A gradient of the scores has the places of {@link #scores}.
 */
public final class QueryScores {
    private final int query;
    private final int group;
    private final double[] scores;
    private final Supervision supervision;

    /**
     * @param query which query of the batch
     * @param group candidates of each query
     * @param scores scores with its own candidates [group], or with every document of the batch [Q · group]
     * @param supervision what is known of the batch
     */
    QueryScores(int query, int group, double[] scores, Supervision supervision) {
        this.query = query;
        this.group = group;
        this.scores = scores;
        this.supervision = supervision;
    }

    /** Number of the query's own candidates. */
    int group() {
        return group;
    }

    /** Number of documents scored. */
    int documents() {
        return scores.length;
    }

    /** Place of the query's candidate 0; the others follow. */
    int own() {
        return scores.length == group ? 0 : query * group;
    }

    /** Score at a place. */
    double at(int place) {
        return scores[place];
    }

    /** Score of a candidate of the query. */
    double candidate(int j) {
        return scores[own() + j];
    }

    /** The teacher's score of a candidate of the query; only losses that {@linkplain RankingLoss#needsTeacher() ask} call it. */
    double teacher(int j) {
        double @Nullable [] teacher = supervision.teacher();
        if (teacher == null) {
            throw new IllegalStateException("a loss read teacher scores without asking for them");
        }
        return teacher[query * group + j];
    }

    /** Which documents may count as negatives; asked in the order in which they are counted. */
    DocumentIds.Admission admission() {
        DocumentIds ids = supervision.ids();
        if (ids == null) {
            return DocumentIds.Admission.ALL;
        }
        // Places of a query without the rest of the batch begin at its own rows.
        int shift = scores.length == group ? query * group : 0;
        DocumentIds.Admission rows = ids.admission(query, query * group);
        return place -> rows.admits(place + shift);
    }
}
