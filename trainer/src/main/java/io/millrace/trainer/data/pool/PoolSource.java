package io.millrace.trainer.data.pool;

import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/** Training data as items in any order, one query each. Safe for many threads. */
public interface PoolSource extends Closeable {
    /** Number of items, of which some may be blank. */
    long size();

    /**
     * The pool of an item; empty if the item has none, such as a blank line or a query that nobody judged.
     *
     * @param item from 0
     * @throws IOException if it cannot be read, or is not as it must be
     */
    Optional<CandidatePool> pool(long item) throws IOException;

    /** Digest of the items: the same for the same data, on every machine. */
    String digest();
}
