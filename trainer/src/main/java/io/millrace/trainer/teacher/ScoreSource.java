package io.millrace.trainer.teacher;

import io.millrace.trainer.data.format.QueryScores;
import java.io.IOException;
import java.util.Map;

/** Says what a teacher thinks of the documents of queries. Safe for many threads. */
public interface ScoreSource {
    /** Number of queries that the teacher saw. */
    long size();

    /** Scores of the query at a place, from 0. */
    QueryScores at(long place) throws IOException;

    /**
     * Scores of a query's documents, id of the document → finite score; empty if the teacher did not see the query.
     *
     * @throws IOException if scores cannot be read
     */
    Map<String, Float> scores(String queryId) throws IOException;

    /** Digest of the scores, by which a resumed run tells that its teacher is the same. */
    String digest();
}
