package io.millrace.index.filter;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Answers filters over one segment: which of its documents match, as a bitmap of 64-bit words. Remembers the last few answers for
 * as long as the segment lives, as searches of one application mostly differ in their query only. Safe for any thread.
 */
public final class FieldIndex {
    // A bit a document each: together less than a posting list of 1 in 4 documents.
    private static final int REMEMBERED = 8;
    // Of fewer documents an answer is found as fast as it is looked up.
    private static final int WORTH_REMEMBERING = 1 << 12;

    private final FieldColumns columns;
    private final int documents;
    private final Map<Filter, long[]> answers = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Filter, long[]> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** @param documents of the segment */
    public FieldIndex(FieldColumns columns, int documents) {
        this.columns = columns;
        this.documents = documents;
    }

    /** Fields, values and documents. */
    public FieldColumns columns() {
        return columns;
    }

    /**
     * A bit for each local document that matches, and none beyond them.
     *
     * @return one bit a document; not to be changed
     */
    public long[] matching(Filter filter) {
        if (documents < WORTH_REMEMBERING) {
            return new Evaluation(columns, documents).of(filter);
        }
        synchronized (answers) {
            long[] known = answers.get(filter);
            if (known != null) {
                return known;
            }
        }
        long[] found = new Evaluation(columns, documents).of(filter);
        synchronized (answers) {
            answers.put(filter, found);
        }
        return found;
    }
}
