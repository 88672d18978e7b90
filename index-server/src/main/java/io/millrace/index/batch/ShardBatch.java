package io.millrace.index.batch;

import io.millrace.index.record.DocumentId;
import io.millrace.index.record.Stamp;
import io.millrace.vector.SparseVector;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts and deletes that become durable and visible together.
 *
 * <p>A batch of a bulk load has no writers: its operations are told apart by their stamps alone, so that the session table need
 * not remember them. One that is sent again under its first stamp changes nothing; one under another stamp is another write.
 *
 * @param writers clients whose operations these are; empty for a bulk load
 * @param operations in the order in which they apply
 */
public record ShardBatch(List<WriterProgress> writers, List<Operation> operations) {
    /** Writer of the operations of a bulk load. */
    public static final int NO_WRITER = -1;

    // What an entry of a batch costs beside its arrays: objects, keys, session row.
    private static final int OPERATION_OVERHEAD_BYTES = 256;

    /**
     * A client, and how far it knows its operations to be acknowledged.
     *
     * @param clientId its name
     * @param ackedBelow sequences below may be forgotten, unsigned
     */
    public record WriterProgress(String clientId, long ackedBelow) {}

    /**
     * One put or delete.
     *
     * @param writer index into {@link ShardBatch#writers}, or {@link ShardBatch#NO_WRITER}
     * @param sequence the client's number of it, unsigned; 0 if it has no writer
     * @param stamp orders it among the writes to its document
     * @param id document
     * @param put what to store; null for a delete
     */
    public record Operation(
            int writer,
            long sequence,
            Stamp stamp,
            DocumentId id,
            @Nullable Put put) {}

    /**
     * A document's content.
     *
     * @param source title, text and metadata, as bytes that the shard does not look into
     * @param vector its vector
     * @param metadata of the source, which filters look at
     */
    public record Put(byte[] source, SparseVector vector, Map<String, String> metadata) {
        /** Content without metadata. */
        public Put(byte[] source, SparseVector vector) {
            this(source, vector, Map.of());
        }

        private long sizeBytes() {
            // Texts of metadata are there twice: in the source, and by themselves.
            long bytes = source.length + 8L * vector.size();
            for (Map.Entry<String, String> field : metadata.entrySet()) {
                bytes += field.getKey().length() + field.getValue().length();
            }
            return bytes;
        }
    }

    /** Refuses an operation of a writer that is not there. */
    public ShardBatch {
        for (Operation operation : operations) {
            boolean known = writers.isEmpty()
                    ? operation.writer() == NO_WRITER
                    : operation.writer() >= 0 && operation.writer() < writers.size();
            if (!known) {
                throw new IllegalArgumentException("operation on '" + operation.id() + "' names writer "
                        + Integer.toUnsignedString(operation.writer()) + " but the batch has " + writers.size());
            }
        }
    }

    /** Whether it is part of a bulk load. */
    public boolean bulk() {
        return writers.isEmpty();
    }

    /** About how much memory the batch holds. */
    public long sizeBytes() {
        long bytes = 0;
        for (Operation operation : operations) {
            Put put = operation.put();
            bytes += OPERATION_OVERHEAD_BYTES + (put == null ? 0 : put.sizeBytes());
        }
        return bytes;
    }
}
