package io.millrace.index.shard;

import io.millrace.index.search.SearchView;
import io.millrace.index.segment.SegmentView;
import io.millrace.index.store.StoreSnapshot;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An immutable searchable state: segments, and the stored documents of the same moment. Held by the shard while current
 * and by every reader; the last to close it lets segments and snapshot go.
 */
public final class SearchState implements AutoCloseable {
    private final long appliedIndex;
    private final SearchView view;
    private final StoreSnapshot documents;
    private final ShardSize size;
    private final AtomicInteger holders = new AtomicInteger(1);

    SearchState(long appliedIndex, SearchView view, StoreSnapshot documents) {
        this.appliedIndex = appliedIndex;
        this.view = view;
        this.documents = documents;
        this.size = ShardSize.of(view.segments());
        view.segments().forEach(segment -> segment.segment().retain());
    }

    /** Index of the latest batch in it. */
    public long appliedIndex() {
        return appliedIndex;
    }

    /** What searchers run over. */
    public SearchView view() {
        return view;
    }

    /** Sources, vectors and entries of the same moment. */
    public StoreSnapshot documents() {
        return documents;
    }

    /** Counts and sizes. */
    public ShardSize size() {
        return size;
    }

    /** Becomes one more holder, unless the last one has just left. */
    boolean tryRetain() {
        int now = holders.get();
        while (now > 0) {
            if (holders.compareAndSet(now, now + 1)) {
                return true;
            }
            now = holders.get();
        }
        return false;
    }

    /** Lets go. */
    @Override
    public void close() {
        if (holders.decrementAndGet() == 0) {
            view.segments().forEach(segment -> segment.segment().release());
            documents.close();
        }
    }

    List<SegmentView> segments() {
        return view.segments();
    }
}
