package io.millrace.deploy.corpus;

/** One line of a file of queries: a query, or what is wrong with it. */
public sealed interface ReadQuery {
    /** Where it stands. */
    Location location();

    /**
     * A line that is a query.
     *
     * @param location where it stands
     * @param id its own id, or the number of its line
     * @param text what is looked for
     */
    record Good(Location location, String id, String text) implements ReadQuery {}

    /**
     * A line that is none.
     *
     * @param location where it stands
     * @param reason what is wrong and what to do
     */
    record Bad(Location location, String reason) implements ReadQuery {}
}
