package io.millrace.deploy.bench.search;

import io.millrace.index.search.ScoredDocument;
import java.util.List;

/** Something that answers the queries of a benchmark, by their number. Safe for as many threads as are measured. */
interface Engine {
    /** What reports call it. */
    String name();

    /** Does the work that is timed; the number of documents found. */
    int ask(int query);

    /** What it finds. */
    List<ScoredDocument> answer(int query);
}
