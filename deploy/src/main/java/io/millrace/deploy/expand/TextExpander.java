package io.millrace.deploy.expand;

import java.util.List;

/** Foresees what queries for a text could say. */
interface TextExpander extends AutoCloseable {
    /** What to add to each text, in order; may be empty. */
    List<String> expansions(List<String> texts);

    @Override
    void close();
}
