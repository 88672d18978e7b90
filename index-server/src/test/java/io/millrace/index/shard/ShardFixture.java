package io.millrace.index.shard;

import io.millrace.index.batch.BatchOutcome;
import io.millrace.index.batch.ShardBatch;
import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.batch.ShardBatch.Put;
import io.millrace.index.batch.ShardBatch.WriterProgress;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.record.Stamp;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.search.TermAtATimeSearcher;
import io.millrace.index.store.DataDirectory;
import io.millrace.index.store.ShardStore;
import io.millrace.v1.DocumentSource;
import io.millrace.vector.SparseVector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A shard in a directory, driven on the calling thread: opened, written, closed and opened again. */
public final class ShardFixture implements AutoCloseable {
    /** Space id of every fixture. */
    public static final String SPACE = "a1".repeat(32);

    /** Lets no failed flush or merge pass unseen. */
    public static final ShardObserver STRICT = new ShardObserver() {
        @Override
        public void maintenanceFailed(RuntimeException cause) {
            throw new AssertionError("a flush or merge failed", cause);
        }
    };

    private final Path folder;
    private final ShardLimits limits;
    private final ShardExecutors executors;
    private Shard shard;
    private long index;

    private ShardFixture(Path folder, ShardLimits limits, ShardExecutors executors) {
        this.folder = folder;
        this.limits = limits;
        this.executors = executors;
        this.shard = open();
        this.index = shard.nextIndex() - 1;
    }

    /** A new shard that flushes after so many documents. */
    public static ShardFixture create(Path directory, WeightScheme weights, int flushDocuments) {
        return create(directory, weights, flushDocuments, ShardExecutors.direct());
    }

    /** The same with flushes and merges that run where the caller says; they must have run before it is closed. */
    public static ShardFixture create(
            Path directory, WeightScheme weights, int flushDocuments, ShardExecutors executors) {
        try (DataDirectory data = DataDirectory.open(directory)) {
            return new ShardFixture(data.create(descriptor(weights)), limits(flushDocuments), executors);
        }
    }

    /** A shard that exists. */
    public static ShardFixture reopen(Path directory, int flushDocuments) {
        return new ShardFixture(
                directory
                        .resolve("shards")
                        .resolve(descriptor(WeightScheme.float32()).identity().folder()),
                limits(flushDocuments),
                ShardExecutors.direct());
    }

    public static ShardDescriptor descriptor(WeightScheme weights) {
        return new ShardDescriptor(new ShardIdentity("books", 1, 0), SPACE, 1, weights);
    }

    public static ShardLimits limits(int flushDocuments) {
        return new ShardLimits(flushDocuments, 1L << 40, 1_000_000, 0);
    }

    public Shard shard() {
        return shard;
    }

    public Path folder() {
        return folder;
    }

    /** Closes and opens the shard, as a restart does. */
    public void restart() {
        shard.close();
        shard = open();
    }

    public BatchOutcome apply(Operation... operations) {
        return apply(0, List.of(operations));
    }

    public BatchOutcome apply(long ackedBelow, List<Operation> operations) {
        return shard.apply(++index, new ShardBatch(List.of(new WriterProgress("client", ackedBelow)), operations));
    }

    public static Operation put(long sequence, long time, String id, SparseVector vector) {
        return put(sequence, time, id, vector, Map.of());
    }

    /** A put of a document with metadata. */
    public static Operation put(
            long sequence, long time, String id, SparseVector vector, Map<String, String> metadata) {
        DocumentSource source = DocumentSource.newBuilder()
                .setText("source of " + id + " at " + time)
                .putAllMetadata(metadata)
                .build();
        Put put = new Put(source.toByteArray(), vector, metadata);
        return new Operation(0, sequence, new Stamp(time, 0), DocumentId.of(id), put);
    }

    public static Operation delete(long sequence, long time, String id) {
        return new Operation(0, sequence, new Stamp(time, 0), DocumentId.of(id), null);
    }

    /** One-term vectors that score {@code weight} against {@link #query}. */
    public static SparseVector scoring(float weight) {
        return new SparseVector(new int[] {7}, new float[] {weight});
    }

    public static SparseVector query() {
        return new SparseVector(new int[] {7}, new float[] {1f});
    }

    /** Ids that the production searcher finds for {@link #query}, best first. */
    public List<String> found() {
        List<String> ids = new ArrayList<>();
        try (SearchState state = shard.state()) {
            new TermAtATimeSearcher()
                    .search(state.view(), query(), 10_000)
                    .forEach(hit -> ids.add(hit.id().toString()));
        }
        return ids;
    }

    @Override
    public void close() {
        shard.close();
    }

    private Shard open() {
        return Shard.open(ShardStore.open(folder), limits, executors, STRICT);
    }
}
