package io.millrace.index.shard;

import io.millrace.index.codec.Manifest;
import io.millrace.index.order.BisectionOrder;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.StoreException;
import io.millrace.index.segment.DeadMarks;
import io.millrace.index.segment.DocumentOrder;
import io.millrace.index.segment.Runs;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentView;
import io.millrace.index.store.ShardStore;
import io.millrace.index.store.StoreBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns the write buffer into segments and many segments into few. The owner decides and swaps; the work in between, the
 * merge and the writing of files, runs elsewhere on immutable inputs. At most one flush and one merge at a time.
 */
final class ShardMaintenance {
    private static final Logger LOG = LoggerFactory.getLogger(ShardMaintenance.class);

    // Fewest segments worth a merge: each query pays for each segment, each merge rewrites its inputs.
    private static final int MERGE_SEGMENTS = 8;
    // Share of dead documents at which a segment is rewritten alone: scoring them costs as much as the live.
    private static final double DEAD_SHARE = 0.3;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(10);
    // Searches need the other cores.
    private static final int ORDERING_THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() / 4);

    private final Shard shard;
    private final ShardStore store;
    private final ShardLimits limits;
    private final ShardExecutors executors;
    private final ShardObserver observer;
    private final DocumentOrder order;
    private Manifest manifest;
    // Segments on disk that no manifest names: what a merge replaced, or what a failure left.
    private final Set<Integer> unnamed = new TreeSet<>();
    private @Nullable Maintenance flushing;
    private @Nullable Maintenance merging;
    // Read by the threads of a merge, which need not finish then.
    private volatile boolean stopped;
    // Flushes and merges so far; tells a wait whether it was quiet.
    private long works;
    private boolean awaitingQuiet;
    // Whether the latest batches were a bulk load's, which lets the write buffer grow larger.
    private boolean loading;
    // After a failure nothing is started until then: a full disk is not freed in milliseconds.
    private long resumeNanos = System.nanoTime();

    ShardMaintenance(
            Shard shard, ShardStore store, ShardLimits limits, ShardExecutors executors, ShardObserver observer) {
        this.shard = shard;
        this.store = store;
        this.limits = limits;
        this.executors = executors;
        this.observer = observer;
        this.manifest = store.manifest();
        this.order = new BisectionOrder(ORDERING_THREADS, () -> stopped);
    }

    /**
     * Starts what is due. For the owner thread, after each step.
     *
     * @param bulk whether the step was a bulk load's
     */
    void consider(boolean bulk) {
        loading = bulk;
        considerFlush();
        considerMerge();
        considerQuiet();
    }

    /** Starts nothing any more. */
    void stop() {
        stopped = true;
    }

    /** Whether a flush or merge has not come back yet. */
    boolean isActive() {
        return flushing != null || merging != null;
    }

    /** Whether nothing is under way, or waits for a quiet moment. */
    boolean isSettled() {
        return !isActive() && !awaitingQuiet;
    }

    /** First run that no flush holds. */
    int firstFreeRun(List<SegmentView> views) {
        int first = 0;
        while (first < views.size() && (!Runs.isRun(views.get(first)) || isFlushing(views.get(first)))) {
            first++;
        }
        return first;
    }

    private void considerFlush() {
        List<SegmentView> views = shard.segments();
        ShardSize size = shard.size();
        if (isHeld() || flushing != null || !limits.mustFlush(size, loading)) {
            return;
        }
        List<SegmentView> runs = views.subList(size.segments(), views.size());
        long first = size.segments() == 0
                ? 0
                : views.get(size.segments() - 1).segment().lastOrdinal() + 1;
        Maintenance flush = begin(Maintenance.Kind.FLUSH, runs, first, shard.nextOrdinal() - 1);
        flushing = flush;
        executors.flushes().execute(() -> run(flush));
    }

    private void considerMerge() {
        if (isHeld() || merging != null) {
            return;
        }
        List<SegmentView> views = shard.segments();
        int durable = shard.size().segments();
        int first = Runs.mergeableTail(views, 0, durable, MERGE_SEGMENTS, limits.maxSegmentDocuments());
        int end = durable;
        for (int i = 0; i < durable && first == durable; i++) {
            if (views.get(i).deadDocuments()
                    > DEAD_SHARE * views.get(i).segment().info().documents()) {
                first = i;
                end = i + 1;
                break;
            }
        }
        if (first < end && hasRoomFor(views.subList(first, end))) {
            merge(views.subList(first, end));
        }
    }

    /** Waits for a quiet moment if there is something to flush or merge in it. */
    private void considerQuiet() {
        if (awaitingQuiet
                || isActive()
                || stopped
                || (!isLoaded() && quietGroup().isEmpty())) {
            return;
        }
        awaitingQuiet = true;
        long before = works;
        CompletableFuture.delayedExecutor(limits.quiet().toMillis(), TimeUnit.MILLISECONDS, executors.owner())
                .execute(() -> {
                    awaitingQuiet = false;
                    if (stopped) {
                        return;
                    }
                    List<SegmentView> group = quietGroup();
                    boolean quiet = works == before && !isActive() && !isHeld();
                    if (quiet && isLoaded()) {
                        loading = false;
                        considerFlush();
                    } else if (quiet && !group.isEmpty() && hasRoomFor(group)) {
                        merge(group);
                    } else {
                        considerQuiet();
                    }
                });
    }

    /** Whether a bulk load has left more in the write buffer than other writes would. */
    private boolean isLoaded() {
        return loading && limits.mustFlush(shard.size(), false);
    }

    private List<SegmentView> quietGroup() {
        List<SegmentView> durable = shard.segments().subList(0, shard.size().segments());
        return Runs.quietGroup(durable, limits.maxSegmentDocuments());
    }

    private void merge(List<SegmentView> inputs) {
        Maintenance merge = begin(
                Maintenance.Kind.MERGE,
                inputs,
                inputs.getFirst().segment().firstOrdinal(),
                inputs.getLast().segment().lastOrdinal());
        merging = merge;
        executors.merges().execute(() -> run(merge));
    }

    private Maintenance begin(Maintenance.Kind kind, List<SegmentView> inputs, long first, long last) {
        int id = manifest.nextSegment();
        works++;
        // The number is used up even if the work fails; what it left behind is an orphan under it.
        manifest = new Manifest(manifest.segments(), id + 1);
        return new Maintenance(kind, id, inputs, first, last);
    }

    /** Makes the segment and its files; not on the owner thread. */
    private void run(Maintenance work) {
        long begun = System.nanoTime();
        Segment made = null;
        RuntimeException failure = null;
        try {
            made = work.merge(order);
            observer.reached(work.kind().built);
            if (made != null) {
                store.segments().write(made);
            }
            observer.reached(work.kind().stored);
        } catch (RuntimeException e) {
            failure = e;
            dropRemains(work, e);
        } catch (OutOfMemoryError e) {
            failure = new IllegalStateException("not enough memory for segment " + work.segmentId(), e);
        }
        Segment result = made;
        RuntimeException failed = failure;
        executors.owner().execute(() -> finish(work, result, failed, System.nanoTime() - begun));
    }

    /** What was written before a failure may be what filled the disk. */
    private void dropRemains(Maintenance work, RuntimeException failure) {
        try {
            store.segments().dropFiles(work.segmentId());
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /** Removes what no manifest names, or leaves it for the next time, or for the next start. */
    private void removeUnnamed() {
        if (unnamed.isEmpty()) {
            return;
        }
        try {
            store.requireAccepting();
            store.segments().remove(unnamed);
            unnamed.clear();
        } catch (StoreException e) {
            LOG.warn(
                    "shard {}: segments {} are not needed any more but stay for now: {}",
                    store.descriptor().identity(),
                    unnamed,
                    e.getMessage());
        }
    }

    /** Swaps the new segment in. On the owner thread. */
    private void finish(Maintenance work, @Nullable Segment made, @Nullable RuntimeException failure, long nanos) {
        Manifest before = manifest;
        try {
            if (failure != null) {
                throw failure;
            }
            install(work, made);
            if (work.kind() == Maintenance.Kind.FLUSH) {
                observer.flushed(nanos);
            } else {
                observer.merged(nanos);
            }
        } catch (CancellationException e) {
            LOG.info(
                    "shard {}: a merge was given up, as the shard closes",
                    store.descriptor().identity());
        } catch (RuntimeException e) {
            resumeNanos = System.nanoTime() + RETRY_AFTER.toNanos();
            if (!manifest.equals(before) || isFinal(e)) {
                store.failStop(e);
            } else if (store.failure() == null) {
                // Not after a commit that failed: the manifest may name it.
                unnamed.add(work.segmentId());
            }
            observer.maintenanceFailed(e);
            LOG.error(
                    "shard {}: {} into segment {} failed; its inputs stay as they are",
                    store.descriptor().identity(),
                    work.kind(),
                    work.segmentId(),
                    e);
        } finally {
            if (work.kind() == Maintenance.Kind.FLUSH) {
                flushing = null;
            } else {
                merging = null;
            }
            if (made != null) {
                made.release();
            }
            work.release();
        }
        considerFlush();
        considerMerge();
        considerQuiet();
    }

    /** One batch names the new segment and carries over what died while it was made; then searches see it. */
    private void install(Maintenance work, @Nullable Segment made) {
        List<SegmentView> views = new ArrayList<>(shard.segments());
        int place = placeOf(views, work);
        List<SegmentView> inputs = views.subList(place, place + work.inputs().size());
        List<Long> died = made == null ? List.of() : diedSince(work.inputs(), inputs);
        List<SegmentInfo> removed =
                inputs.stream().map(input -> input.segment().info()).toList();
        inputs.clear();
        List<SegmentInfo> live = new ArrayList<>(manifest.segments());
        live.removeAll(removed);
        if (made != null) {
            views.add(
                    place,
                    DeadMarks.without(List.of(SegmentView.of(made)), died).getFirst());
            live.add(place, made.info());
        }
        Manifest next = new Manifest(live, manifest.nextSegment());
        // What is refused here leaves the shard writable; a commit that fails does not.
        store.requireAccepting();
        try (StoreBatch changes = store.begin()) {
            changes.putManifest(next);
            if (work.kind() == Maintenance.Kind.FLUSH) {
                changes.unbuffer(work.firstOrdinal(), work.lastOrdinal());
            }
            changes.replaceDead(work.firstOrdinal(), work.lastOrdinal(), died);
            observer.reached(work.kind().naming);
            store.commit(changes);
        }
        manifest = next;
        observer.reached(work.kind().named);
        shard.replaceSegments(views);
        if (work.kind() == Maintenance.Kind.MERGE) {
            removed.forEach(info -> unnamed.add(info.id()));
        }
        removeUnnamed();
        if (work.kind() == Maintenance.Kind.MERGE) {
            observer.reached(ShardObserver.Step.MERGE_REMOVED);
        }
    }

    /** Versions that were live when the work began and are not now. */
    private static List<Long> diedSince(List<SegmentView> then, List<SegmentView> now) {
        List<Long> died = new ArrayList<>();
        for (int i = 0; i < then.size(); i++) {
            SegmentView before = then.get(i);
            SegmentView after = now.get(i);
            if (before.live().count() != after.live().count()) {
                for (int document = 0; document < before.segment().info().documents(); document++) {
                    if (before.live().contains(document) && !after.live().contains(document)) {
                        died.add(before.segment().ordinal(document));
                    }
                }
            }
        }
        return died;
    }

    private static int placeOf(List<SegmentView> views, Maintenance work) {
        Segment first = work.inputs().getFirst().segment();
        for (int place = 0; place < views.size(); place++) {
            if (views.get(place).segment() == first) {
                return place;
            }
        }
        throw new IllegalStateException("the inputs of segment " + work.segmentId() + " are not in the shard any more");
    }

    /** Whether a failure leaves unknown what is on disk, so that nothing may be written any more. */
    private static boolean isFinal(RuntimeException failure) {
        return failure instanceof StoreException e && e.kind() == StoreException.Kind.FAILED;
    }

    private boolean isHeld() {
        return stopped || store.failure() != null || System.nanoTime() - resumeNanos < 0;
    }

    /** Whether a merge leaves free what writes need: on disk segments take about what they take in memory. */
    private boolean hasRoomFor(List<SegmentView> inputs) {
        long bytes = inputs.stream()
                .mapToLong(input -> input.segment().memoryBytes())
                .sum();
        return store.usableBytes() - bytes >= limits.minFreeBytes();
    }

    private boolean isFlushing(SegmentView view) {
        Maintenance flush = flushing;
        return flush != null && flush.inputs().stream().anyMatch(input -> input.segment() == view.segment());
    }
}
