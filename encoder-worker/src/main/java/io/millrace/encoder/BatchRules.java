package io.millrace.encoder;

import io.grpc.Status;
import io.millrace.encoder.batch.Failure;
import io.millrace.encoder.models.ModelSlots;
import io.millrace.encoder.models.ServedModel;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.TextRole;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What a batch must be to be encoded here.
 *
 * @param models what is served
 * @param hybrids their spaces with lexical terms
 */
record BatchRules(ModelSlots models, HybridSpaces hybrids) {
    /** Most texts in a batch. */
    static final int MAX_TEXTS = 1024;

    /** Longest text, bytes of UTF-8: 512 KiB. No model reads a hundredth of it. */
    static final int MAX_TEXT_BYTES = 512 << 10;

    /** Why the batch is refused; empty = it is fine. */
    Optional<Failure> violation(EncodeBatch batch) {
        if (batch.getRole() != TextRole.TEXT_ROLE_QUERY && batch.getRole() != TextRole.TEXT_ROLE_DOCUMENT) {
            return invalid("role", "is " + batch.getRoleValue() + "; set TEXT_ROLE_QUERY or TEXT_ROLE_DOCUMENT");
        }
        if (batch.getTextsCount() == 0 || batch.getTextsCount() > MAX_TEXTS) {
            return invalid("texts", "has " + batch.getTextsCount() + " texts; send 1 to " + MAX_TEXTS);
        }
        ServedModel model = models.find(modelSpace(batch)).orElse(null);
        if (model == null) {
            return Optional.of(notServed(batch));
        }
        if (batch.hasHybrid()) {
            Optional<Failure> violation = hybridViolation(batch, model);
            if (violation.isPresent()) {
                return violation;
            }
        }
        for (int i = 0; i < batch.getTextsCount(); i++) {
            String text = batch.getTexts(i);
            // A char is 1 to 3 bytes: count only where it matters.
            if (text.length() > MAX_TEXT_BYTES / 3) {
                int bytes = text.getBytes(StandardCharsets.UTF_8).length;
                if (bytes > MAX_TEXT_BYTES) {
                    return invalid(
                            "texts[" + i + "]",
                            "is " + bytes + " bytes; the limit is " + MAX_TEXT_BYTES + ": split it into passages");
                }
            }
        }
        return Optional.empty();
    }

    /** Space of the model that a batch is for. */
    static String modelSpace(EncodeBatch batch) {
        return batch.hasHybrid() ? batch.getModelSpaceId() : batch.getSpaceId();
    }

    private Optional<Failure> hybridViolation(EncodeBatch batch, ServedModel model) {
        String served;
        try {
            served = hybrids.of(model.encoder(), batch.getHybrid()).spaceId();
        } catch (HybridSpaces.Refused e) {
            return Optional.of(e.failure());
        }
        return served.equals(batch.getSpaceId())
                ? Optional.empty()
                : Optional.of(new Failure(
                        Status.Code.FAILED_PRECONDITION,
                        "space_id: the batch is for space '" + shortened(batch.getSpaceId())
                                + "', but this worker serves '" + served + "' with lexical terms as asked for; ask"
                                + " DescribeHybridSpace",
                        "space_id"));
    }

    /** The refusal of a batch whose space nobody has here. */
    Failure notServed(EncodeBatch batch) {
        return new Failure(
                Status.Code.FAILED_PRECONDITION,
                "space_id: the batch is for space '" + shortened(modelSpace(batch)) + "', but this worker serves "
                        + models.described() + "; send it to a worker of its space, or ask DescribeModel again",
                "space_id");
    }

    private static Optional<Failure> invalid(String field, String message) {
        return Optional.of(new Failure(Status.Code.INVALID_ARGUMENT, field + ": " + message, field));
    }

    private static String shortened(String spaceId) {
        return spaceId.length() <= 64 ? spaceId : spaceId.substring(0, 64) + "…";
    }
}
