package io.millrace.index.batch;

import io.millrace.index.batch.BatchOutcome.Result;
import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.batch.ShardBatch.Put;
import io.millrace.index.batch.ShardBatch.WriterProgress;
import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.ShardCounters;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.store.StoreBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Applies a group of batches to the logical state: decides each operation, writes the changes down, and collects which
 * versions came and went. Deterministic: the outcome depends on the entries, sessions and counters it starts from and on
 * the batches, nothing else. For one group.
 */
public final class BatchApplication {
    private final WeightScheme weights;
    private final Sessions sessions;
    private final StoreBatch changes;
    // What is on record, kept up to date as the group goes on.
    private final Map<DocumentId, DocumentEntry> entries;
    // Versions that the group stores, by ordinal, less those it replaces again.
    private final TreeMap<Long, DocumentVersion> added = new TreeMap<>();
    // Versions from before the group that it replaced or deleted.
    private final List<Long> dropped = new ArrayList<>();
    private ShardCounters counters;

    public BatchApplication(
            WeightScheme weights,
            Sessions sessions,
            StoreBatch changes,
            Map<DocumentId, DocumentEntry> entries,
            ShardCounters counters) {
        this.weights = weights;
        this.sessions = sessions;
        this.changes = changes;
        this.entries = new HashMap<>(entries);
        this.counters = counters;
    }

    /** Applies the next batch; one that was applied before changes nothing. Returns a result for each operation. */
    public List<Result> apply(IndexedBatch indexed) {
        ShardBatch batch = indexed.batch();
        boolean replayed = indexed.index() <= counters.appliedIndex();
        List<Result> results = new ArrayList<>(batch.operations().size());
        for (Operation operation : batch.operations()) {
            if (batch.bulk()) {
                results.add(replayed ? recall(operation) : decide(operation));
            } else {
                String clientId = batch.writers().get(operation.writer()).clientId();
                results.add(replayed ? recall(clientId, operation) : apply(clientId, operation));
            }
        }
        if (!replayed) {
            for (WriterProgress writer : batch.writers()) {
                sessions.advance(writer.clientId(), writer.ackedBelow(), changes);
            }
            counters = new ShardCounters(
                    indexed.index(), counters.nextOrdinal(), counters.clippedWeights(), sessions.clock());
        }
        return results;
    }

    public ShardCounters counters() {
        return counters;
    }

    public List<DocumentVersion> added() {
        return List.copyOf(added.values());
    }

    public List<Long> dropped() {
        return dropped;
    }

    private Result apply(String clientId, Operation operation) {
        Result before = sessions.find(clientId, operation.sequence());
        if (before != null) {
            return before;
        }
        if (sessions.isAcknowledged(clientId, operation.sequence())) {
            // A late duplicate of what the client knows to be done: its outcome is forgotten, its effect is not.
            return new Result(false, operation.stamp());
        }
        Result result = decide(operation);
        sessions.record(clientId, operation.sequence(), result, changes);
        return result;
    }

    /** Puts or deletes if newer. */
    private Result decide(Operation operation) {
        DocumentEntry entry = entries.get(operation.id());
        if (entry == null || operation.stamp().isNewerThan(entry.stamp())) {
            write(operation, entry);
            return new Result(true, operation.stamp());
        }
        return new Result(operation.stamp().equals(entry.stamp()), operation.stamp());
    }

    /** The outcome of an operation of a batch that was applied before. */
    private Result recall(String clientId, Operation operation) {
        Result before = sessions.find(clientId, operation.sequence());
        return before != null ? before : recall(operation);
    }

    private Result recall(Operation operation) {
        DocumentEntry entry = entries.get(operation.id());
        return new Result(entry != null && entry.stamp().equals(operation.stamp()), operation.stamp());
    }

    private void write(Operation operation, @Nullable DocumentEntry replaced) {
        if (replaced != null && replaced.isLive()) {
            changes.dropVersion(replaced.ordinal());
            if (added.remove(replaced.ordinal()) == null) {
                dropped.add(replaced.ordinal());
            }
        }
        long ordinal = DocumentEntry.TOMBSTONE;
        Put put = operation.put();
        if (put == null) {
            changes.putTombstone(operation.id(), operation.stamp());
        } else {
            ordinal = counters.nextOrdinal();
            DocumentVersion version = new DocumentVersion(ordinal, operation.id(), put.vector(), put.metadata());
            changes.putDocument(version, operation.stamp(), put.source());
            added.put(ordinal, version);
            counters = new ShardCounters(
                    counters.appliedIndex(),
                    ordinal + 1,
                    counters.clippedWeights() + clipped(put),
                    counters.sessionClock());
        }
        entries.put(operation.id(), new DocumentEntry(operation.stamp(), ordinal));
    }

    private long clipped(Put put) {
        long clipped = 0;
        for (float weight : put.vector().weights()) {
            clipped += weights.clips(weight) ? 1 : 0;
        }
        return clipped;
    }
}
