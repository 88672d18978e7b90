package io.millrace.coordinator.ingest;

import io.grpc.Status;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.IngestOperation;
import io.millrace.v1.ItemError;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rules an operation must keep; what breaks one is refused by itself, and the stream goes on. */
final class OperationCheck {
    private static final int MAX_ID_BYTES = 512;
    private static final int MAX_TITLE_BYTES = 16 << 10;
    private static final int MAX_METADATA_ENTRIES = 64;
    private static final int MAX_METADATA_BYTES = 16 << 10;

    private OperationCheck() {}

    /** What is wrong with an operation; null if nothing is. */
    static @Nullable ItemError problem(IngestOperation operation, int maxTextBytes) {
        if (operation.getSequence() == 0) {
            return refusal("sequence", "is 0; number operations from 1, ascending");
        }
        return switch (operation.getOperationCase()) {
            case PUT -> {
                ItemError idProblem = idProblem("put.id", operation.getPut().getId());
                yield idProblem != null
                        ? idProblem
                        : sourceProblem(operation.getPut().getSource(), maxTextBytes);
            }
            case DELETE_ID -> idProblem("delete_id", operation.getDeleteId());
            case OPERATION_NOT_SET -> refusal("operation", "is missing; send put or delete_id");
        };
    }

    private static @Nullable ItemError idProblem(String field, String id) {
        int bytes = utf8Bytes(id);
        if (bytes < 1 || bytes > MAX_ID_BYTES) {
            return refusal(field, "has " + bytes + " bytes; an id has 1 to " + MAX_ID_BYTES);
        }
        return null;
    }

    private static @Nullable ItemError sourceProblem(DocumentSource source, int maxTextBytes) {
        int textBytes = utf8Bytes(source.getText());
        if (textBytes > maxTextBytes) {
            return refusal(
                    "source.text",
                    "has " + textBytes + " bytes; the limit is " + maxTextBytes
                            + ": split the document into passages, or raise --max-text-bytes");
        }
        if (source.getText().isBlank() && source.getTitle().isBlank()) {
            return refusal(
                    "source.text", "is empty, and so is the title: there is nothing to encode; leave the document out");
        }
        int titleBytes = utf8Bytes(source.getTitle());
        if (titleBytes > MAX_TITLE_BYTES) {
            return refusal(
                    "source.title",
                    "has " + titleBytes + " bytes; the limit is " + MAX_TITLE_BYTES + ": move it into the text");
        }
        int metadataBytes = 0;
        for (Map.Entry<String, String> entry : source.getMetadataMap().entrySet()) {
            metadataBytes += utf8Bytes(entry.getKey()) + utf8Bytes(entry.getValue());
        }
        if (source.getMetadataCount() > MAX_METADATA_ENTRIES || metadataBytes > MAX_METADATA_BYTES) {
            return refusal(
                    "source.metadata",
                    "has " + source.getMetadataCount() + " entries and " + metadataBytes + " bytes; the limits are "
                            + MAX_METADATA_ENTRIES + " and " + MAX_METADATA_BYTES);
        }
        return null;
    }

    private static int utf8Bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static ItemError refusal(String field, String message) {
        return ItemError.newBuilder()
                .setCode(Status.Code.INVALID_ARGUMENT.value())
                .setField(field)
                .setMessage(field + " " + message)
                .build();
    }
}
