package io.millrace.encoder;

import com.google.protobuf.UnsafeByteOperations;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.model.hybrid.HybridSpace;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeReply;
import io.millrace.v1.EncodedBatch;
import io.millrace.v1.VectorBlock;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * What a batch is answered with, once its vectors are there.
 *
 * @param batch as it came
 * @param encoder the model that made the vectors
 */
record EncodedReply(EncodeBatch batch, SparseEncoder encoder) {
    /** The model's vectors as they are. */
    EncodeReply of(List<TokenizedText> texts, List<SparseVector> vectors) {
        EncodedBatch.Builder encoded = encoded(texts, vectors).setSpaceId(encoder.spaceId());
        if (batch.getIncludeTerms()) {
            vectors.forEach(vector -> spell(vector, encoder::term, encoded));
        }
        return EncodeReply.newBuilder().setBatch(encoded).build();
    }

    /** The model's vectors with the texts' words beside its terms. */
    EncodeReply of(List<TokenizedText> texts, List<SparseVector> learned, HybridSpace space, TextRole role) {
        List<SparseVector> vectors = new ArrayList<>(learned.size());
        for (int i = 0; i < learned.size(); i++) {
            vectors.add(space.add(learned.get(i), batch.getTexts(i), role));
        }
        EncodedBatch.Builder encoded = encoded(texts, vectors).setSpaceId(space.spaceId());
        if (batch.getIncludeTerms()) {
            for (int i = 0; i < vectors.size(); i++) {
                Map<Integer, String> words = space.spellings(batch.getTexts(i));
                spell(
                        vectors.get(i),
                        id -> Integer.compareUnsigned(id, space.firstId()) < 0
                                ? encoder.term(id)
                                : words.getOrDefault(id, ""),
                        encoded);
            }
        }
        return EncodeReply.newBuilder().setBatch(encoded).build();
    }

    private static void spell(SparseVector vector, IntFunction<String> spelling, EncodedBatch.Builder into) {
        for (int id : vector.ids()) {
            into.addTerms(spelling.apply(id));
        }
    }

    private EncodedBatch.Builder encoded(List<TokenizedText> texts, List<SparseVector> vectors) {
        byte[] payload = VectorBlockCodec.encode(vectors);
        EncodedBatch.Builder encoded = EncodedBatch.newBuilder()
                .setBatchId(batch.getBatchId())
                .setVectors(VectorBlock.newBuilder()
                        .setCount(vectors.size())
                        .setPayload(UnsafeByteOperations.unsafeWrap(payload)) // nobody else holds the array
                        .setCrc32C(VectorBlockCodec.crc32c(payload)));
        for (TokenizedText text : texts) {
            encoded.addTokens(text.tokens());
            encoded.addTruncatedTokens(text.truncatedTokens());
        }
        return encoded;
    }
}
