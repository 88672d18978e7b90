package io.millrace.index.shard;

import io.millrace.index.segment.Runs;
import io.millrace.index.segment.SegmentView;
import java.util.List;

/**
 * Counts and sizes of a shard's searchable state.
 *
 * @param documents live documents
 * @param postings postings held, those of dead documents included
 * @param bufferedDocuments live documents in no durable segment
 * @param bufferedPostings postings in no durable segment
 * @param segments durable segments
 * @param memoryBytes bytes of postings, ids and live sets
 */
public record ShardSize(
        long documents, long postings, long bufferedDocuments, long bufferedPostings, int segments, long memoryBytes) {
    static ShardSize of(List<SegmentView> views) {
        long documents = 0;
        long postings = 0;
        long bufferedDocuments = 0;
        long bufferedPostings = 0;
        int segments = 0;
        long memoryBytes = 0;
        for (SegmentView view : views) {
            documents += view.live().count();
            postings += view.segment().info().postings();
            memoryBytes += view.segment().memoryBytes() + view.live().memoryBytes();
            if (Runs.isRun(view)) {
                bufferedDocuments += view.live().count();
                bufferedPostings += view.segment().info().postings();
            } else {
                segments++;
            }
        }
        return new ShardSize(documents, postings, bufferedDocuments, bufferedPostings, segments, memoryBytes);
    }
}
