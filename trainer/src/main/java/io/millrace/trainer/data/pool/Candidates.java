package io.millrace.trainer.data.pool;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Documents to draw from, by place; there may be more than fit into memory. */
public interface Candidates {
    /** Number of places. */
    long size();

    /** What is at a place, from 0; empty if nothing is. */
    Optional<Candidate> at(long place) throws IOException;

    /** Candidates of a list. */
    static Candidates of(List<Candidate> list) {
        List<Candidate> copy = List.copyOf(list);
        return new Candidates() {
            @Override
            public long size() {
                return copy.size();
            }

            @Override
            public Optional<Candidate> at(long place) {
                return Optional.of(copy.get((int) place));
            }
        };
    }
}
