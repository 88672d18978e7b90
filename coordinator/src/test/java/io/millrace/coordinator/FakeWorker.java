package io.millrace.coordinator;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.millrace.service.GrpcServer;
import io.millrace.service.Metrics;
import io.millrace.service.ServerSettings;
import io.millrace.v1.DescribeHybridSpaceRequest;
import io.millrace.v1.DescribeModelRequest;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeCredit;
import io.millrace.v1.EncodeFailure;
import io.millrace.v1.EncodeReply;
import io.millrace.v1.EncodedBatch;
import io.millrace.v1.EncoderWorkerGrpc;
import io.millrace.v1.HybridChoice;
import io.millrace.v1.HybridSettings;
import io.millrace.v1.HybridSpaceDescription;
import io.millrace.v1.ItemError;
import io.millrace.v1.ModelDescription;
import io.millrace.v1.TextRole;
import io.millrace.v1.VectorBlock;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A worker whose model is a bag of words: every word is a term, its count the weight. Its hybrid space, if it has one, has the
 * words once more, with the highest ids there are.
 */
final class FakeWorker extends EncoderWorkerGrpc.EncoderWorkerImplBase implements AutoCloseable {
    static final String SPACE = "a".repeat(64);
    static final String HYBRID_SPACE = "b".repeat(64);

    final AtomicInteger documentsEncoded = new AtomicInteger();
    final GrpcServer server;
    private final String space;
    /** Whether the model has a hybrid space. */
    volatile boolean hybrid;
    /** What the last hybrid space was asked for with. */
    volatile DescribeHybridSpaceRequest lastAsked = DescribeHybridSpaceRequest.getDefaultInstance();
    /** While set, batches are swallowed: taken and never answered. */
    volatile boolean silent;

    FakeWorker(int port, String space) {
        this.space = space;
        this.server = GrpcServer.start(
                "fake-worker",
                new ServerSettings("127.0.0.1", port, -1, Optional.empty(), 40 << 20, Duration.ZERO),
                new Metrics(),
                List.of(this));
    }

    FakeWorker() {
        this(0, SPACE);
    }

    String address() {
        return server.address();
    }

    static int termOf(String word) {
        return word.toLowerCase(Locale.ROOT).hashCode() & 0xFFFF;
    }

    static SparseVector vectorOf(String text) {
        TreeMap<Integer, Float> weights = new TreeMap<>();
        for (String word : text.split("\\W+", -1)) {
            if (!word.isEmpty()) {
                weights.merge(termOf(word), 1f, Float::sum);
            }
        }
        int[] ids = weights.keySet().stream().mapToInt(Integer::intValue).toArray();
        float[] values = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            values[i] = weights.getOrDefault(ids[i], 0f);
        }
        return new SparseVector(ids, values);
    }

    @Override
    public void describeModel(DescribeModelRequest request, StreamObserver<ModelDescription> observer) {
        observer.onNext(ModelDescription.newBuilder()
                .setSpaceId(space)
                .setName("bag-of-words")
                .setVocabularySize(1 << 16)
                .setHybrid(hybrid)
                .build());
        observer.onCompleted();
    }

    @Override
    public void describeHybridSpace(
            DescribeHybridSpaceRequest request, StreamObserver<HybridSpaceDescription> observer) {
        lastAsked = request;
        HybridChoice choice = request.getChoice();
        observer.onNext(HybridSpaceDescription.newBuilder()
                .setSpaceId(HYBRID_SPACE)
                .setSettings(HybridSettings.newBuilder()
                        .setAnalyzer("words")
                        .setFirstId(1 << 16)
                        .setK1(choice.hasK1() ? choice.getK1() : 1.2)
                        .setB(0.75)
                        .setAverageLength(choice.hasAverageLength() ? choice.getAverageLength() : 10)
                        .setMixingWeight(choice.hasMixingWeight() ? choice.getMixingWeight() : 1.5))
                .build());
        observer.onCompleted();
    }

    static int wordId(String word) {
        return -1 - termOf(word);
    }

    /** A text's vector in the hybrid space; documents weigh words as in {@code settings}, without saturation. */
    static SparseVector hybridVectorOf(String text, float wordWeight) {
        SparseVector learned = vectorOf(text);
        TreeMap<Integer, Float> entries = new TreeMap<>(Integer::compareUnsigned);
        for (int i = 0; i < learned.size(); i++) {
            entries.put(learned.ids()[i], learned.weights()[i]);
        }
        for (String word : text.split("\\W+", -1)) {
            if (!word.isEmpty()) {
                entries.merge(wordId(word), wordWeight, Float::sum);
            }
        }
        int[] ids = entries.keySet().stream().mapToInt(Integer::intValue).toArray();
        float[] values = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            values[i] = entries.getOrDefault(ids[i], 0f);
        }
        return new SparseVector(ids, values);
    }

    @Override
    public StreamObserver<EncodeBatch> encode(StreamObserver<EncodeReply> replies) {
        replies.onNext(EncodeReply.newBuilder()
                .setCredit(EncodeCredit.newBuilder().setBatches(2))
                .build());
        return new StreamObserver<>() {
            @Override
            public void onNext(EncodeBatch batch) {
                if (!silent) {
                    replies.onNext(answer(batch));
                    replies.onNext(EncodeReply.newBuilder()
                            .setCredit(EncodeCredit.newBuilder().setBatches(1))
                            .build());
                }
            }

            @Override
            public void onError(Throwable t) {}

            @Override
            public void onCompleted() {
                replies.onCompleted();
            }
        };
    }

    private EncodeReply answer(EncodeBatch batch) {
        if (batch.getTextsList().stream().anyMatch(text -> text.contains("poison"))) {
            return EncodeReply.newBuilder()
                    .setFailure(EncodeFailure.newBuilder()
                            .setBatchId(batch.getBatchId())
                            .setError(ItemError.newBuilder().setCode(3).setMessage("this text cannot be encoded")))
                    .build();
        }
        documentsEncoded.addAndGet(batch.getTextsCount());
        List<SparseVector> vectors = new ArrayList<>();
        EncodedBatch.Builder encoded =
                EncodedBatch.newBuilder().setBatchId(batch.getBatchId()).setSpaceId(batch.getSpaceId());
        for (String text : batch.getTextsList()) {
            SparseVector vector = vectorOf(batch, text);
            vectors.add(vector);
            encoded.addTokens(vector.size()).addTruncatedTokens(text.contains("endless") ? 7 : 0);
            if (batch.getIncludeTerms()) {
                for (int id : vector.ids()) {
                    encoded.addTerms("t" + Integer.toUnsignedString(id));
                }
            }
        }
        byte[] payload = VectorBlockCodec.encode(vectors);
        return EncodeReply.newBuilder()
                .setBatch(encoded.setVectors(VectorBlock.newBuilder()
                        .setCount(vectors.size())
                        .setPayload(ByteString.copyFrom(payload))
                        .setCrc32C(VectorBlockCodec.crc32c(payload))))
                .build();
    }

    private static SparseVector vectorOf(EncodeBatch batch, String text) {
        if (!batch.hasHybrid()) {
            return vectorOf(text);
        }
        boolean query = batch.getRole() == TextRole.TEXT_ROLE_QUERY;
        return hybridVectorOf(text, query ? 1f : (float) batch.getHybrid().getMixingWeight());
    }

    @Override
    public void close() {
        server.close();
    }
}
