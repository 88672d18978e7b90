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

    private static final int MAX_OPERATIONS = 8;

    private final long seed;

    /** A history that another process, or test, can make again. */
    public OperationStream(long seed) {
        this.seed = seed;
    }

    /** The batch at an index, from 1. */
    public ShardBatch batch(long index) {
        Random random = new Random(seed * 1_000_003 + index);
        List<Operation> operations = new ArrayList<>();
        int size = 1 + random.nextInt(MAX_OPERATIONS);
        for (int i = 0; i < size; i++) {
            long number = index * MAX_OPERATIONS + i;
            String id = "doc-" + random.nextInt(IDS);
            Put put = random.nextInt(4) == 0 ? null : put(id, number, Corpora.vector(random, 40, 20));
            operations.add(new Operation(0, number, new Stamp(number, 0), DocumentId.of(id), put));
        }
        return new ShardBatch(
                List.of(new WriterProgress("crash", Math.max(0, index - 8) * MAX_OPERATIONS)), operations);
    }

    /** The same batch as a bulk load sends it. */
    public ShardBatch bulkBatch(long index) {
        List<Operation> operations = batch(index).operations().stream()
                .map(numbered ->
                        new Operation(ShardBatch.NO_WRITER, 0, numbered.stamp(), numbered.id(), numbered.put()))
                .toList();
        return new ShardBatch(List.of(), operations);
    }

    /** Live documents after the batches up to an index: id to the put that stored it. */
    public Map<DocumentId, Operation> stateAfter(long index) {
        Map<DocumentId, Operation> state = new TreeMap<>();
        for (long i = 1; i <= index; i++) {
            for (Operation operation : batch(i).operations()) {
                if (operation.put() == null) {
                    state.remove(operation.id());
                } else {
                    state.put(operation.id(), operation);
                }
            }
        }
        return state;
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
