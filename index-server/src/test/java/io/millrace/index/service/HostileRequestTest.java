package io.millrace.index.service;

import static io.millrace.index.service.IndexClient.OTHER_SPACE;
import static io.millrace.index.service.IndexClient.SHARD;
import static io.millrace.index.service.IndexClient.SPACE;
import static io.millrace.index.service.IndexClient.creation;
import static io.millrace.index.service.IndexClient.get;
import static io.millrace.index.service.IndexClient.put;
import static io.millrace.index.service.IndexClient.puts;
import static io.millrace.index.service.IndexClient.search;
import static io.millrace.index.service.IndexClient.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.v1.DropShardRequest;
import io.millrace.v1.ShardRef;
import io.millrace.v1.StatsRequest;
import io.millrace.v1.VectorBlock;
import io.millrace.v1.WeightFormat;
import io.millrace.v1.WriteRequest;
import io.millrace.vector.VectorBlockCodec;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests that are wrong: each is refused with a precise status and a sentence, and nothing is written. */
class HostileRequestTest {
    @TempDir
    private Path directory;

    private IndexClient client;

    @BeforeEach
    void start() {
        client = new IndexClient(directory).withShard();
    }

    @AfterEach
    void nothingWasWritten() {
        assertThat(client.call()
                        .stats(StatsRequest.getDefaultInstance())
                        .getShards(0)
                        .getDocuments())
                .isZero();
        client.close();
    }

    @Test
    void anotherSpaceIsRefusedNamingBothSpacesAndTheEpoch() {
        ShardRef wrong = SHARD.toBuilder().setSpaceId(OTHER_SPACE).build();
        for (ThrowingCallable call : new ThrowingCallable[] {
            () -> client.call().write(puts(1, vector(7, 1f)).setShard(wrong).build()),
            () -> client.call().search(search(7).setShard(wrong).build()),
            () -> client.call().getDocument(get("a").setShard(wrong).build()),
            () -> client.call().createShard(creation().setShard(wrong).build()),
            () -> client.call()
                    .dropShard(DropShardRequest.newBuilder().setShard(wrong).build())
        }) {
            refused(call, Status.Code.FAILED_PRECONDITION, "space " + SPACE, "space " + OTHER_SPACE, "epoch 1");
        }
    }

    @Test
    void anotherEpochIsRefusedNamingBothEpochs() {
        for (ThrowingCallable call : new ThrowingCallable[] {
            () -> client.call().write(puts(1, vector(7, 1f)).setEpoch(2).build()),
            () -> client.call().search(search(7).setEpoch(2).build()),
            () -> client.call().createShard(creation().setEpoch(2).build())
        }) {
            refused(call, Status.Code.FAILED_PRECONDITION, "at epoch 1", "for epoch 2");
        }
    }

    @Test
    void malformedShardReferencesAreRefused() {
        refusedRef(ref -> ref.setCollection("../etc"), "shard.collection: '../etc'");
        refusedRef(ref -> ref.setCollection(""), "shard.collection");
        refusedRef(ref -> ref.setCollection("a".repeat(129)), "shard.collection");
        refusedRef(ref -> ref.setGeneration(0), "shard.generation");
        refusedRef(ref -> ref.setSpaceId("A1".repeat(32)), "shard.space_id");
        refusedRef(ref -> ref.setSpaceId(""), "shard.space_id");
        refused(() -> client.call().createShard(creation().setEpoch(0).build()), Status.Code.INVALID_ARGUMENT, "epoch");
    }

    @Test
    void unknownShardIsNotFound() {
        ShardRef unknown = SHARD.toBuilder().setShard(-1).build();
        refused(
                () -> client.call().search(search(7).setShard(unknown).build()),
                Status.Code.NOT_FOUND,
                "books/1/4294967295");
        refused(
                () -> client.call()
                        .write(puts(1, vector(7, 1f)).setShard(unknown).build()),
                Status.Code.NOT_FOUND,
                "create it");
    }

    @Test
    void kOutOfRangeIsRefused() {
        for (int k : new int[] {0, 10_001, -1}) {
            refused(
                    () -> client.call().search(search(7).setK(k).build()),
                    Status.Code.INVALID_ARGUMENT,
                    "k: is " + Integer.toUnsignedString(k),
                    "1 to 10000");
        }
    }

    @Test
    void hostileQueryVectorsAreRefused() {
        refusedQuery(query -> query.addIds(1).addIds(2).addWeights(1f), "2 ids but 1 weights");
        refusedQuery(query -> query.addIds(2).addIds(1).addWeights(1f).addWeights(1f), "ascend");
        refusedQuery(query -> query.addIds(1).addIds(1).addWeights(1f).addWeights(1f), "ascend");
        for (float weight : new float[] {Float.NaN, Float.POSITIVE_INFINITY, 0f, -1f}) {
            refusedQuery(query -> query.addIds(1).addWeights(weight), "finite and above 0");
        }
        refusedQuery(
                query -> {
                    for (int i = 0; i <= 65_536; i++) {
                        query.addIds(i).addWeights(1f);
                    }
                },
                "the limit is 65536");
    }

    @Test
    void emptyQueryMatchesNothing() {
        assertThat(client.found()).isEmpty();
    }

    @Test
    void vectorsMustMatchThePuts() {
        refusedWrite(
                request -> request.getVectorsBuilder().setCount(2), "vectors.count: is 2 but 1 operations are puts");
        refusedWrite(WriteRequest.Builder::clearVectors, "vectors.count: is 0 but 1");
        refusedWrite(request -> request.getOperationsBuilder(0).clearPut(), "vectors.count: is 1 but 0");
        refusedWrite(request -> request.getVectorsBuilder().setCount(-1), "vectors.count: is 4294967295");
    }

    @Test
    void damagedVectorBlocksAreRefused() {
        byte[] good = puts(1, vector(7, 1f)).getVectors().getPayload().toByteArray();
        for (int length = 0; length < good.length; length++) {
            refusedPayload(Arrays.copyOf(good, length));
        }
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] flipped = good.clone();
            flipped[bit / 8] ^= (byte) (1 << (bit % 8));
            VectorBlock block = VectorBlock.newBuilder()
                    .setCount(1)
                    .setPayload(ByteString.copyFrom(flipped))
                    .setCrc32C(VectorBlockCodec.crc32c(good))
                    .build();
            refusedWrite(request -> request.setVectors(block), "vectors.payload", "CRC-32C");
        }
        // A count bomb whose checksum is right.
        refusedPayload(new byte[] {1, -1, -1, -1, -1, 15});
    }

    @Test
    void operationsOutOfBoundsAreRefused() {
        refusedWrite(WriteRequest.Builder::clearOperations, "operations: there are 0");
        refusedWrite(request -> request.getOperationsBuilder(0).setId(""), "operations[0].id", "1 to 512");
        refusedWrite(request -> request.getOperationsBuilder(0).setId("é".repeat(257)), "514 bytes");
        refusedWrite(request -> request.getOperationsBuilder(0).setWriter(1), "operations[0].writer: is 1");
        refusedWrite(request -> request.getOperationsBuilder(0).setWriter(-1), "operations[0].writer: is 4294967295");
        refusedWrite(request -> request.getOperationsBuilder(0).setSequence(0), "operations[0].sequence");
        refusedWrite(request -> request.getOperationsBuilder(0).clearStamp(), "operations[0].stamp");
        refusedWrite(request -> request.getWritersBuilder(0).setClientId(""), "writers[0].client_id");
        refusedWrite(request -> request.getWritersBuilder(0).setClientId("x".repeat(129)), "writers[0].client_id");
        refusedWrite(
                request -> {
                    for (int i = 2; i <= 4_097; i++) {
                        request.addOperations(put(i, "doc-" + i));
                    }
                },
                "there are 4097");
        refusedWrite(
                request -> request.getOperationsBuilder(0).getPutBuilder().setText("x".repeat(33 << 20)),
                "the limit is 33554432");
    }

    @Test
    void goodOperationsOfABadRequestAreNotWrittenEither() {
        refusedWrite(
                request -> request.addOperations(put(2, ""))
                        .setVectors(IndexClient.block(List.of(vector(7, 1f), vector(7, 1f)))),
                "operations[1].id");
    }

    @Test
    void quantisedShardNeedsAScale() {
        for (float scale : new float[] {0f, -1f, Float.NaN, Float.POSITIVE_INFINITY}) {
            refused(
                    () -> client.call()
                            .createShard(creation()
                                    .setShard(SHARD.toBuilder().setShard(5))
                                    .setWeightFormat(WeightFormat.WEIGHT_FORMAT_UINT8)
                                    .setMaxWeight(scale)
                                    .build()),
                    Status.Code.INVALID_ARGUMENT,
                    "max_weight");
        }
        refused(
                () -> client.call()
                        .createShard(creation()
                                .setShard(SHARD.toBuilder().setShard(5))
                                .setWeightFormatValue(9)
                                .build()),
                Status.Code.INVALID_ARGUMENT,
                "weight_format: is 9");
    }

    @Test
    void otherWeightFormatOfAnExistingShardIsRefused() {
        refused(
                () -> client.call()
                        .createShard(creation()
                                .setWeightFormat(WeightFormat.WEIGHT_FORMAT_UINT8)
                                .setMaxWeight(2f)
                                .build()),
                Status.Code.FAILED_PRECONDITION,
                "FLOAT32",
                "UINT8");
    }

    @Test
    void documentIdsOutOfBoundsAreRefusedByGet() {
        refused(() -> client.call().getDocument(get("").build()), Status.Code.INVALID_ARGUMENT, "id: ");
        refused(() -> client.call().getDocument(get("missing").build()), Status.Code.NOT_FOUND, "'missing'");
    }

    @Test
    void callWhoseDeadlinePassedDoesNothing() {
        assertThatThrownBy(() -> client.call()
                        .withDeadlineAfter(1, TimeUnit.NANOSECONDS)
                        .write(puts(1, vector(7, 1f)).build()))
                .hasMessageStartingWith("DEADLINE_EXCEEDED");
    }

    private void refusedRef(Consumer<ShardRef.Builder> spoil, String... parts) {
        ShardRef.Builder ref = SHARD.toBuilder();
        spoil.accept(ref);
        refused(() -> client.call().createShard(creation().setShard(ref).build()), Status.Code.INVALID_ARGUMENT, parts);
        refused(() -> client.call().search(search(7).setShard(ref).build()), Status.Code.INVALID_ARGUMENT, parts);
    }

    private void refusedQuery(Consumer<io.millrace.v1.SparseVector.Builder> build, String... parts) {
        io.millrace.v1.SparseVector.Builder query = io.millrace.v1.SparseVector.newBuilder();
        build.accept(query);
        refused(() -> client.call().search(search().setQuery(query).build()), Status.Code.INVALID_ARGUMENT, parts);
    }

    private void refusedPayload(byte[] payload) {
        VectorBlock block = VectorBlock.newBuilder()
                .setCount(1)
                .setPayload(ByteString.copyFrom(payload))
                .setCrc32C(VectorBlockCodec.crc32c(payload))
                .build();
        refusedWrite(request -> request.setVectors(block), "vectors.payload");
    }

    private void refusedWrite(Consumer<WriteRequest.Builder> spoil, String... parts) {
        WriteRequest.Builder request = puts(1, vector(7, 1f));
        spoil.accept(request);
        refused(() -> client.call().write(request.build()), Status.Code.INVALID_ARGUMENT, parts);
    }

    private static void refused(ThrowingCallable call, Status.Code code, String... parts) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).as(e.toString()).isEqualTo(code);
            assertThat(e.getStatus().getDescription()).contains(parts);
        });
    }
}
