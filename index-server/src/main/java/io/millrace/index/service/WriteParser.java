package io.millrace.index.service;

import io.millrace.index.batch.ShardBatch;
import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.batch.ShardBatch.Put;
import io.millrace.index.batch.ShardBatch.WriterProgress;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.Stamp;
import io.millrace.service.Refusals;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.VectorBlock;
import io.millrace.v1.WriteOperation;
import io.millrace.v1.WriteRequest;
import io.millrace.v1.Writer;
import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns a write request into a batch, or refuses it with the field at fault. Trusts nothing. */
final class WriteParser {
    static final int MAX_OPERATIONS = 4_096;
    static final int MAX_REQUEST_BYTES = 32 << 20;
    private static final int MAX_CLIENT_ID_BYTES = 128;
    private static final int MAX_METADATA_ENTRIES = 64;
    private static final int MAX_METADATA_BYTES = 16 << 10;

    private WriteParser() {}

    /** A batch of numbered operations of writers. */
    static ShardBatch parse(WriteRequest request) {
        return parse(request, false);
    }

    /** A batch of a bulk load. */
    static ShardBatch parseBulk(WriteRequest request) {
        if (request.getWritersCount() > 0) {
            throw Refusals.invalidArgument(
                    "writers",
                    "there are " + request.getWritersCount()
                            + "; a bulk load has none: its operations are told apart by their stamps");
        }
        return parse(request, true);
    }

    private static ShardBatch parse(WriteRequest request, boolean bulk) {
        int count = request.getOperationsCount();
        if (count < 1 || count > MAX_OPERATIONS) {
            throw Refusals.invalidArgument(
                    "operations", "there are " + count + "; send 1 to " + MAX_OPERATIONS + " in a request");
        }
        if (request.getSerializedSize() > MAX_REQUEST_BYTES) {
            throw Refusals.invalidArgument(
                    "operations",
                    "the request has " + request.getSerializedSize() + " bytes; the limit is " + MAX_REQUEST_BYTES
                            + ": send fewer operations at a time");
        }
        List<WriterProgress> writers = writers(request);
        Iterator<SparseVector> vectors = vectors(request).iterator();
        List<Operation> operations = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            WriteOperation operation = request.getOperations(i);
            String field = "operations[" + i + "]";
            if (bulk) {
                requireUnnumbered(operation, field);
            } else {
                requireNumbered(operation, field, writers.size());
            }
            operations.add(operation(operation, field, bulk ? ShardBatch.NO_WRITER : operation.getWriter(), vectors));
        }
        return new ShardBatch(writers, operations);
    }

    private static List<WriterProgress> writers(WriteRequest request) {
        List<WriterProgress> writers = new ArrayList<>();
        if (request.getWritersCount() > MAX_OPERATIONS) {
            throw Refusals.invalidArgument(
                    "writers", "there are " + request.getWritersCount() + "; the limit is " + MAX_OPERATIONS);
        }
        for (Writer writer : request.getWritersList()) {
            int length = writer.getClientId().getBytes(StandardCharsets.UTF_8).length;
            if (length < 1 || length > MAX_CLIENT_ID_BYTES) {
                throw Refusals.invalidArgument(
                        "writers[" + writers.size() + "].client_id",
                        "has " + length + " bytes; the limits are 1 to " + MAX_CLIENT_ID_BYTES);
            }
            writers.add(new WriterProgress(writer.getClientId(), writer.getAckedBelow()));
        }
        return writers;
    }

    private static List<SparseVector> vectors(WriteRequest request) {
        long puts = request.getOperationsList().stream()
                .filter(WriteOperation::hasPut)
                .count();
        VectorBlock block = request.getVectors();
        if (Integer.toUnsignedLong(block.getCount()) != puts) {
            throw Refusals.invalidArgument(
                    "vectors.count",
                    "is " + Integer.toUnsignedString(block.getCount()) + " but " + puts
                            + " operations are puts; send one vector for each put, in their order");
        }
        if (puts == 0 && block.getPayload().isEmpty()) {
            return List.of();
        }
        try {
            return VectorBlockCodec.decode(block.getPayload().toByteArray(), block.getCount(), block.getCrc32C());
        } catch (InvalidVectorException e) {
            throw Refusals.invalidArgument("vectors.payload", String.valueOf(e.getMessage()));
        }
    }

    private static void requireUnnumbered(WriteOperation operation, String field) {
        if (operation.getWriter() != 0 || operation.getSequence() != 0) {
            throw Refusals.invalidArgument(
                    field,
                    "names writer " + Integer.toUnsignedString(operation.getWriter()) + " and sequence "
                            + Long.toUnsignedString(operation.getSequence())
                            + "; operations of a bulk load have neither");
        }
    }

    private static void requireNumbered(WriteOperation operation, String field, int writers) {
        if (Integer.toUnsignedLong(operation.getWriter()) >= writers) {
            throw Refusals.invalidArgument(
                    field + ".writer",
                    "is " + Integer.toUnsignedString(operation.getWriter()) + " but there are " + writers + " writers");
        }
        if (operation.getSequence() == 0) {
            throw Refusals.invalidArgument(field + ".sequence", "is 0; sequences count from 1");
        }
    }

    private static Operation operation(
            WriteOperation operation, String field, int writer, Iterator<SparseVector> vectors) {
        if (operation.getStamp().getTime() == 0) {
            throw Refusals.invalidArgument(
                    field + ".stamp", "has no time; every write carries its coordinator's stamp");
        }
        DocumentId id;
        try {
            id = DocumentId.of(operation.getId());
        } catch (IllegalArgumentException e) {
            throw Refusals.invalidArgument(field + ".id", String.valueOf(e.getMessage()));
        }
        @Nullable Put put = operation.hasPut() ? put(operation.getPut(), field + ".put", vectors.next()) : null;
        Stamp stamp =
                new Stamp(operation.getStamp().getTime(), operation.getStamp().getCoordinator());
        return new Operation(writer, operation.getSequence(), stamp, id, put);
    }

    private static Put put(DocumentSource source, String field, SparseVector vector) {
        Map<String, String> metadata = source.getMetadataMap();
        int bytes = 0;
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            bytes += entry.getKey().getBytes(StandardCharsets.UTF_8).length
                    + entry.getValue().getBytes(StandardCharsets.UTF_8).length;
        }
        if (metadata.size() > MAX_METADATA_ENTRIES || bytes > MAX_METADATA_BYTES) {
            throw Refusals.invalidArgument(
                    field + ".metadata",
                    "has " + metadata.size() + " entries and " + bytes + " bytes; the limits are "
                            + MAX_METADATA_ENTRIES + " and " + MAX_METADATA_BYTES);
        }
        return new Put(source.toByteArray(), vector, Map.copyOf(metadata));
    }
}
