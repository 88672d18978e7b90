package io.millrace.encoder;

import io.millrace.encoder.batch.EncodeJob;
import io.millrace.encoder.batch.Failure;
import io.millrace.encoder.models.ServedModel;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TokenizedText;
import io.millrace.v1.EncodeBatch;
import io.millrace.vector.SparseVector;
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
        intake.answer(admitted, () -> intake.reply(admitted, texts, vectors));
    }

    @Override
    public void failed(Failure failure) {
        intake.answer(admitted, failure);
    }
}
