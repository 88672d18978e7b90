package io.millrace.index.crash;

import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.batch.ShardBatch.Put;
import io.millrace.index.record.DocumentId;
import io.millrace.vector.SparseVector;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** What a shard must hold after so many batches of a stream: a plain map that is moved forward batch by batch. */
public final class History {
    private final OperationStream stream;
    private final Map<DocumentId, Operation> live;
    private long batches;

    private History(OperationStream stream, Map<DocumentId, Operation> live, long batches) {
        this.stream = stream;
        this.live = live;
        this.batches = batches;
    }

    /** Before the first batch. */
    public static History of(OperationStream stream) {
        return new History(stream, new TreeMap<>(), 0);
    }

    /** After so many batches; leaves this as it is. */
    public History after(long later) {
        if (later < batches) {
            throw new IllegalArgumentException("after " + later + " batches, from " + batches);
        }
        History moved = new History(stream, new TreeMap<>(live), batches);
        while (moved.batches < later) {
            moved.batches++;
            for (Operation operation : stream.batch(moved.batches).operations()) {
                if (operation.put() == null) {
                    moved.live.remove(operation.id());
                } else {
                    moved.live.put(operation.id(), operation);
                }
            }
        }
        return moved;
    }

    OperationStream stream() {
        return stream;
    }

    /** Batches so far. */
    long batches() {
        return batches;
    }

    /** Live documents: id to the put that stored it. */
    public Map<DocumentId, Operation> live() {
        return live;
    }

    /** Vectors of the live documents whose metadata passes. */
    Map<DocumentId, SparseVector> vectors(Predicate<Map<String, String>> passes) {
        Map<DocumentId, SparseVector> vectors = new TreeMap<>();
        live.forEach((id, operation) -> {
            Put put = operation.put();
            if (put != null && passes.test(put.metadata())) {
                vectors.put(id, put.vector());
            }
        });
        return vectors;
    }
}
