package io.millrace.index.fsck;

/** Which versions the families of a shard have, as far as they have been read. For one thread. */
final class Versions {
    /** Ordinal of the next version; all others are below. */
    final long next;

    /** Named by {@code DOCS}. */
    final OrdinalSet live = new OrdinalSet();

    /** In {@code DELS}. */
    final OrdinalSet dead = new OrdinalSet();

    /** In {@code FWD}. */
    final OrdinalSet vectors = new OrdinalSet();

    /** In {@code SOURCE}. */
    final OrdinalSet sources = new OrdinalSet();

    /** In {@code BUF} or a segment. */
    final OrdinalSet placed = new OrdinalSet();

    /** Whether every entry of {@code DOCS} could be read; if not, others may be named by those. */
    boolean entriesWhole = true;

    /** Whether every segment and row of {@code BUF} could be read; if not, versions may be in those. */
    boolean placesWhole = true;

    Versions(long next) {
        this.next = next;
    }

    boolean inRange(long ordinal) {
        return ordinal >= 0 && ordinal < next;
    }
}
