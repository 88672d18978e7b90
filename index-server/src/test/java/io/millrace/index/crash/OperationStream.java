package io.millrace.index.crash;

import io.millrace.index.batch.ShardBatch;
import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.batch.ShardBatch.Put;
import io.millrace.index.batch.ShardBatch.WriterProgress;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.Stamp;
import io.millrace.index.shard.Corpora;
import io.millrace.v1.DocumentSource;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * An endless, seeded history of batches: any process can make the n-th one again, and so knows what a shard must hold
 * after n of them. Puts, replacements and deletes over few ids, so that most writes undo an earlier one.
 */
public final class OperationStream {
    /** Ids are doc-0 to doc-(IDS - 1). */
    static final int IDS = 120;

    /** Vectors have the terms {@link Corpora#term} of 0 to TERMS - 1. */
    static final int TERMS = 40;

    /** Batches of a bulk load in a row. */
    private static final int BULK_RUN = 12;

    private static final int MAX_OPERATIONS = 8;

    private final long seed;

    /** A history that another process, or test, can make again. */
    public OperationStream(long seed) {
        this.seed = seed;
    }

    long seed() {
        return seed;
    }

    /** The batch at an index, from 1. */
    public ShardBatch batch(long index) {
        Random random = new Random(seed * 1_000_003 + index);
        List<Operation> operations = new ArrayList<>();
        int size = 1 + random.nextInt(MAX_OPERATIONS);
        for (int i = 0; i < size; i++) {
            long number = index * MAX_OPERATIONS + i;
            String id = "doc-" + random.nextInt(IDS);
            Put put = random.nextInt(4) == 0 ? null : put(id, number, Corpora.vector(random, TERMS, 20));
            operations.add(new Operation(0, number, new Stamp(number, 0), DocumentId.of(id), put));
        }
        return isBulk(index)
                ? bulk(operations)
                : new ShardBatch(
                        List.of(new WriterProgress("crash", Math.max(0, index - 8) * MAX_OPERATIONS)), operations);
    }

    /** Whether a batch is a bulk load's: some in a row are. */
    static boolean isBulk(long index) {
        return index / BULK_RUN % 3 == 1;
    }

    private static ShardBatch bulk(List<Operation> operations) {
        return new ShardBatch(
                List.of(),
                operations.stream()
                        .map(numbered ->
                                new Operation(ShardBatch.NO_WRITER, 0, numbered.stamp(), numbered.id(), numbered.put()))
                        .toList());
    }

    private static Put put(String id, long number, SparseVector vector) {
        // In one order in every process: it decides the bytes of the source.
        Map<String, String> metadata = new TreeMap<>(Map.of("id", id, "parity", number % 2 == 0 ? "even" : "odd"));
        DocumentSource source = DocumentSource.newBuilder()
                .setText((id + " as of " + number + " ").repeat(8))
                .putAllMetadata(metadata)
                .build();
        return new Put(source.toByteArray(), vector, metadata);
    }
}
