package io.millrace.index.shard;

import io.millrace.index.batch.BatchApplication;
import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.batch.IndexedBatch;
import io.millrace.index.batch.Sessions;
import io.millrace.index.batch.ShardBatch;
import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.ShardCheckpoint;
import io.millrace.index.record.ShardCounters;
import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.StoreException;
import io.millrace.index.search.SearchView;
import io.millrace.index.segment.DeadMarks;
import io.millrace.index.segment.Runs;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentBuilder;
import io.millrace.index.segment.SegmentMerger;
import io.millrace.index.segment.SegmentView;
import io.millrace.index.store.ShardStore;
import io.millrace.index.store.StoreBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One shard: what is stored, and the immutable state that searches see.
 *
 * <p>{@link #apply} is its only write. It is deterministic and idempotent: put-if-newer by stamp, a repeated client
 * sequence or index changes nothing. Once it returns, the batch is on disk, synced, and every search begun later sees
 * it. Flush and merge make new segments beside it and are swapped in by the owner, so that queries never wait.
 *
 * <p>{@link #apply} and {@link #close} belong to one owner thread; {@link #state} is for any thread.
 */
public final class Shard implements AutoCloseable {
    // Fewest runs that are joined: with 2, a document is copied twice as often, and a search visits half as many runs.
    private static final int JOINED_RUNS = 4;
    // Largest run that joining makes; the next flush joins what is larger anyway, and not on the owner thread.
    private static final int JOINED_DOCUMENTS = 4_096;

    private final ShardStore store;
    private final ShardLimits limits;
    private final ShardMaintenance maintenance;
    private final ShardObserver observer;
    private final Sessions sessions;
    private final Object applied = new Object();
    private ShardCounters counters;
    private volatile SearchState state;

    private Shard(ShardStore store, ShardLimits limits, ShardExecutors executors, ShardObserver observer) {
        this.store = store;
        this.limits = limits;
        this.observer = observer;
        this.counters = store.counters();
        this.sessions = Sessions.restore(store.sessions(), counters.sessionClock());
        List<SegmentView> views = ShardOpening.load(store);
        this.state = new SearchState(
                counters.appliedIndex(), new SearchView(store.descriptor().weights(), views), store.snapshot());
        views.forEach(view -> view.segment().release());
        this.maintenance = new ShardMaintenance(this, store, limits, executors, observer);
    }

    /**
     * Brings a stored shard into memory. The shard closes the store with itself.
     *
     * @throws StoreException if what is stored is damaged
     */
    public static Shard open(ShardStore store, ShardLimits limits, ShardExecutors executors, ShardObserver observer) {
        try {
            return new Shard(store, limits, executors, observer);
        } catch (RuntimeException | Error e) {
            store.close();
            throw e;
        }
    }

    /** What the shard is. */
    public ShardDescriptor descriptor() {
        return store.descriptor();
    }

    /** Its storage: sizes and failure. */
    public ShardStore store() {
        return store;
    }

    /** The latest state; the caller closes it. */
    public SearchState state() {
        while (true) {
            SearchState latest = state;
            if (latest.tryRetain()) {
                return latest;
            }
            if (latest == state) {
                throw new IllegalStateException("shard " + descriptor().identity() + " is closed");
            }
        }
    }

    /** Index of the latest batch; everything up to it survives a crash. */
    public long durableIndex() {
        return state.appliedIndex();
    }

    /** Weights clipped since the shard was created; as of the latest batch. */
    public long clippedWeights() {
        synchronized (applied) {
            return counters.clippedWeights();
        }
    }

    /** Counts and sizes of the latest state; they outlive the state itself. */
    public ShardSize size() {
        return state.size();
    }

    /**
     * Waits until an index is applied.
     *
     * @return whether it is, false when the time is over
     */
    public boolean awaitApplied(long index, long timeoutMillis) throws InterruptedException {
        if (Long.compareUnsigned(state.appliedIndex(), index) >= 0) {
            return true;
        }
        long end = System.nanoTime() + timeoutMillis * 1_000_000;
        synchronized (applied) {
            while (Long.compareUnsigned(state.appliedIndex(), index) < 0) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return false;
                }
                applied.wait(left);
            }
        }
        return true;
    }

    /** Applies one batch at its index. See {@link #apply(List)}. */
    public BatchOutcome apply(long index, ShardBatch batch) {
        return apply(List.of(new IndexedBatch(index, batch))).getFirst();
    }

    /**
     * Applies batches in order, with one sync for all of them.
     *
     * @throws StoreException if the disk is full or failed; then none of them is acknowledged
     */
    public List<BatchOutcome> apply(List<IndexedBatch> group) {
        requireWritable();
        Map<DocumentId, DocumentEntry> entries = store.entries(idsOf(group));
        List<List<BatchOutcome.Result>> results = new ArrayList<>();
        try (StoreBatch changes = store.begin()) {
            BatchApplication application =
                    new BatchApplication(store.descriptor().weights(), sessions, changes, entries, counters);
            int operations = 0;
            for (IndexedBatch batch : group) {
                results.add(application.apply(batch));
                operations += batch.batch().operations().size();
            }
            if (application.counters().appliedIndex() > counters.appliedIndex()) {
                changes.putCounters(application.counters());
                observer.reached(ShardObserver.Step.COMMITTING);
                long begun = System.nanoTime();
                store.commit(changes);
                observer.reached(ShardObserver.Step.COMMITTED);
                observer.committed(operations, System.nanoTime() - begun);
                publish(application);
            }
        } catch (RuntimeException | Error e) {
            // Sessions, or the searchable state, may be ahead of or behind the disk.
            store.failStop(e);
            throw e;
        }
        maintenance.consider(group.stream().anyMatch(batch -> batch.batch().bulk()));
        long index = counters.appliedIndex();
        return results.stream()
                .map(result -> new BatchOutcome(result, index, index))
                .toList();
    }

    /**
     * Makes a database of all that was applied so far. For the owner thread; see {@link ShardStore#checkpoint}.
     *
     * @throws StoreException if the disk is nearly full, or the shard stopped writing
     */
    ShardCheckpoint checkpoint(Path into) {
        requireWritable();
        observer.reached(ShardObserver.Step.CHECKPOINTING);
        store.checkpoint(into);
        observer.reached(ShardObserver.Step.CHECKPOINTED);
        return new ShardCheckpoint(descriptor(), counters.appliedIndex(), size().documents());
    }

    /** Next index for a shard that orders its own batches. For the owner thread. */
    public long nextIndex() {
        return counters.appliedIndex() + 1;
    }

    /** Starts a flush or merge that is due, or that failed a while ago. For the owner thread. */
    void considerMaintenance() {
        maintenance.consider(false);
    }

    /** Starts no more flushes and merges. For the owner thread. */
    void stopMaintenance() {
        maintenance.stop();
    }

    /** Whether no flush or merge is under way or about to be. For the owner thread. */
    boolean isSettled() {
        return maintenance.isSettled();
    }

    /** Whether a flush or merge is under way, whose last step is still to come. For the owner thread. */
    boolean isMaintaining() {
        return maintenance.isActive();
    }

    /** Lets go of the state, waits for readers of the store, and closes it. No step may come after. */
    @Override
    public void close() {
        state.close();
        store.close();
    }

    /** Segments of the latest state, for the owner thread. */
    List<SegmentView> segments() {
        return state.segments();
    }

    /** Ordinal that the next version will get, for the owner thread. */
    long nextOrdinal() {
        return counters.nextOrdinal();
    }

    /** Makes segments searchable in place of those before. */
    void replaceSegments(List<SegmentView> views) {
        SearchState before = state;
        SearchView view = new SearchView(store.descriptor().weights(), List.copyOf(views));
        SearchState next = new SearchState(counters.appliedIndex(), view, store.snapshot());
        synchronized (applied) {
            state = next;
            applied.notifyAll();
        }
        before.close();
    }

    private void publish(BatchApplication application) {
        List<SegmentView> views = DeadMarks.without(state.segments(), application.dropped());
        List<DocumentVersion> added = application.added();
        Segment fresh = null;
        if (!added.isEmpty()) {
            fresh = SegmentBuilder.build(added, store.descriptor().weights());
            views.add(SegmentView.of(fresh));
            fresh = joinRuns(views, fresh);
        }
        synchronized (applied) {
            counters = application.counters();
        }
        replaceSegments(views);
        if (fresh != null) {
            fresh.release();
        }
    }

    /** Merges the youngest runs when they have caught up with one another; returns the segment made last. */
    private Segment joinRuns(List<SegmentView> views, Segment fresh) {
        int first =
                Runs.mergeableTail(views, maintenance.firstFreeRun(views), views.size(), JOINED_RUNS, JOINED_DOCUMENTS);
        if (first == views.size()) {
            return fresh;
        }
        List<SegmentView> tail = views.subList(first, views.size());
        Segment joined = SegmentMerger.merge(tail, 0);
        tail.clear();
        views.add(SegmentView.of(joined));
        fresh.release();
        return joined;
    }

    private void requireWritable() {
        store.requireAccepting();
        long usable = store.usableBytes();
        if (usable < limits.minFreeBytes()) {
            throw StoreException.diskNearlyFull(store.directory(), usable, limits.minFreeBytes());
        }
    }

    private static List<DocumentId> idsOf(List<IndexedBatch> group) {
        return group.stream()
                .flatMap(batch -> batch.batch().operations().stream())
                .map(ShardBatch.Operation::id)
                .distinct()
                .toList();
    }
}
