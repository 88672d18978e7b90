package io.millrace.encoder;

import com.google.protobuf.UnsafeByteOperations;
import io.millrace.encoder.batch.EncodeJob;
import io.millrace.encoder.batch.Failure;
import io.millrace.encoder.models.ServedModel;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TokenizedText;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeReply;
import io.millrace.v1.EncodedBatch;
import io.millrace.v1.VectorBlock;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.util.List;

/**
 * A batch in the queue: turns its vectors into a reply, away from the inference thread.
 *
 * @param admitted the batch
 * @param texts its texts, tokenised
 * @param intake where its room is given back
 */
record PendingBatch(Admitted admitted, List<TokenizedText> texts, BatchIntake intake) implements EncodeJob.Caller {
    /**
     * A batch that was let in, and holds its room and its model until it is answered.
     *
     * @param batch as it came
     * @param stream where the reply goes
     * @param model that encodes it
     */
    record Admitted(EncodeBatch batch, EncodeStream stream, ServedModel model) {
        SparseEncoder encoder() {
            return model.encoder();
        }
    }

    @Override
    public boolean gone() {
        return admitted.stream().gone();
    }

    @Override
    public void encoded(List<SparseVector> vectors) {
        intake.answer(admitted, () -> reply(admitted.batch(), texts, vectors, admitted.encoder()));
    }

    @Override
    public void failed(Failure failure) {
        intake.answer(admitted, failure);
    }

    /** The reply with a batch's vectors. */
    static EncodeReply reply(
            EncodeBatch batch, List<TokenizedText> texts, List<SparseVector> vectors, SparseEncoder encoder) {
        byte[] payload = VectorBlockCodec.encode(vectors);
        EncodedBatch.Builder encoded = EncodedBatch.newBuilder()
                .setBatchId(batch.getBatchId())
                .setSpaceId(encoder.spaceId())
                .setVectors(VectorBlock.newBuilder()
                        .setCount(vectors.size())
                        .setPayload(UnsafeByteOperations.unsafeWrap(payload)) // nobody else holds the array
                        .setCrc32C(VectorBlockCodec.crc32c(payload)));
        for (TokenizedText text : texts) {
            encoded.addTokens(text.tokens());
            encoded.addTruncatedTokens(text.truncatedTokens());
        }
        if (batch.getIncludeTerms()) {
            for (SparseVector vector : vectors) {
                for (int id : vector.ids()) {
                    encoded.addTerms(encoder.term(id));
                }
            }
        }
        return EncodeReply.newBuilder().setBatch(encoded).build();
    }
}
