package io.millrace.index.service;

import static io.millrace.index.service.IndexClient.OTHER_SPACE;
import static io.millrace.index.service.IndexClient.SHARD;
import static io.millrace.index.service.IndexClient.block;
import static io.millrace.index.service.IndexClient.delete;
import static io.millrace.index.service.IndexClient.puts;
import static io.millrace.index.service.IndexClient.search;
import static io.millrace.index.service.IndexClient.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.v1.ShardHits;
import io.millrace.v1.ShardSearchBatchRequest;
import io.millrace.v1.ShardSearchBatchResponse;
import io.millrace.v1.ShardSearchResponse;
import io.millrace.v1.VectorBlock;
import io.millrace.v1.WriteRequest;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many queries in one call, over real gRPC on loopback. */
class SearchBatchTest {
    @TempDir
    private Path directory;

    private IndexClient client;

    @BeforeEach
    void start() {
        client = new IndexClient(directory).withShard();
    }

    @AfterEach
    void stop() {
        client.close();
    }

    @Test
    void everyQueryIsAnsweredAsIfItHadBeenAskedAlone() {
        Random random = new Random(41);
        for (int batch = 0; batch < 6; batch++) {
            SparseVector[] documents = new SparseVector[40];
            for (int i = 0; i < documents.length; i++) {
                documents[i] = random(random, 8);
            }
            client.call().write(puts(1 + 40L * batch, documents).build());
        }
        client.call().write(delete(1_000, "doc-7").build());
        List<SparseVector> queries = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            queries.add(i % 50 == 0 ? SparseVector.EMPTY : random(random, 1 + i % 20));
        }
        ShardSearchBatchRequest.Builder request = batch(queries);
        request.getOptionsBuilder().setIncludeSource(true).setExplain(true).setK(5);
        ShardSearchBatchResponse response = client.call().searchBatch(request.build());
        assertThat(response.getResultsCount()).isEqualTo(queries.size());
        for (int i = 0; i < queries.size(); i++) {
            var alone = search().setQuery(message(queries.get(i))).setIncludeSource(true);
            ShardSearchResponse expected =
                    client.call().search(alone.setExplain(true).setK(5).build());
            assertThat(response.getResults(i).getHitsList()).as("query " + i).isEqualTo(expected.getHitsList());
            assertThat(response.getAppliedIndex()).isEqualTo(expected.getAppliedIndex());
        }
        assertThat(response.getResults(0).getHitsCount()).isZero();
        assertThat(response.getResults(1).getHits(0).getSource().getTitle()).startsWith("Title of doc-");
    }

    @Test
    void allQueriesOfABatchSeeTheSameState() throws Exception {
        client.call().write(puts(1, vector(7, 1f)).build());
        Thread writer = Thread.ofVirtual().start(() -> {
            for (int i = 2; i < 60; i++) {
                client.call().write(puts(i, vector(7, i)).build());
            }
        });
        while (writer.isAlive()) {
            List<ShardHits> results = client.call()
                    .searchBatch(batch(Collections.nCopies(64, vector(7, 1f))).build())
                    .getResultsList();
            assertThat(results).hasSize(64).containsOnly(results.getFirst());
        }
        writer.join();
    }

    @Test
    void aFilterHoldsForAllQueries() {
        client.call().write(puts(1, vector(7, 1f), vector(8, 1f)).build());
        WriteRequest.Builder other = puts(3, vector(7, 9f));
        other.getOperationsBuilder(0).getPutBuilder().putMetadata("shelf", "B");
        client.call().write(other.build());
        ShardSearchBatchRequest.Builder request = batch(List.of(vector(7, 1f), vector(8, 1f)));
        request.getOptionsBuilder()
                .getFilterBuilder()
                .getEqualsBuilder()
                .setField("shelf")
                .setValue("A");
        assertThat(client.call().searchBatch(request.build()).getResultsList())
                .extracting(hits -> hits.getHits(0).getId() + " of " + hits.getHitsCount())
                .containsExactly("doc-1 of 1", "doc-2 of 1");
        request.getOptionsBuilder().getFilterBuilder().getEqualsBuilder().setField("");
        refused(request, Status.Code.INVALID_ARGUMENT, "filter");
    }

    @Test
    void aBatchWaitsForAWriteItKnowsOf() {
        long index = client.call().write(puts(1, vector(7, 1f)).build()).getAppliedIndex();
        ShardSearchBatchRequest.Builder request = batch(List.of(vector(7, 1f)));
        request.getOptionsBuilder().setMinAppliedIndex(index);
        assertThat(client.call().searchBatch(request.build()).getAppliedIndex()).isEqualTo(index);
        request.getOptionsBuilder().setMinAppliedIndex(index + 1);
        refused(request, Status.Code.UNAVAILABLE, "the search needs " + (index + 1));
    }

    @Test
    void batchesThatAskForTooLittleOrTooMuchAreRefused() {
        refused(batch(List.of()), Status.Code.INVALID_ARGUMENT, "queries.count: is 0; send 1 to 1024");
        refused(
                batch(Collections.nCopies(1_025, vector(7, 1f))),
                Status.Code.INVALID_ARGUMENT,
                "queries.count: is 1025");
        for (int k : new int[] {0, 10_001, -1}) {
            ShardSearchBatchRequest.Builder request = batch(List.of(vector(7, 1f)));
            request.getOptionsBuilder().setK(k);
            refused(request, Status.Code.INVALID_ARGUMENT, "k: is " + Integer.toUnsignedString(k));
        }
        ShardSearchBatchRequest.Builder recall = batch(List.of(vector(7, 1f)));
        recall.getOptionsBuilder().setRecallTarget(.3f);
        refused(recall, Status.Code.INVALID_ARGUMENT, "recall_target");
        ShardSearchBatchRequest.Builder twice = batch(List.of(vector(7, 1f)));
        twice.getOptionsBuilder().setQuery(message(vector(7, 1f)));
        refused(twice, Status.Code.INVALID_ARGUMENT, "options.query: is set");
        ShardSearchBatchRequest.Builder elsewhere = batch(List.of(vector(7, 1f)));
        elsewhere.getOptionsBuilder().setShard(SHARD.toBuilder().setSpaceId(OTHER_SPACE));
        refused(elsewhere, Status.Code.FAILED_PRECONDITION, "space " + OTHER_SPACE);
        ShardSearchBatchRequest.Builder later = batch(List.of(vector(7, 1f)));
        later.getOptionsBuilder().setEpoch(2);
        refused(later, Status.Code.FAILED_PRECONDITION, "for epoch 2");
    }

    @Test
    void damagedQueriesAndCountBombsAreRefused() {
        // A vector that announces 2^32 - 1 terms, a block that announces as many vectors, and one that ends early.
        refusedPayload(1, new byte[] {1, -1, -1, -1, -1, 15}, "announces 4294967295 entries");
        refusedPayload(1_024, new byte[] {1}, "ends inside vector 0 of 1024");
        refusedPayload(-1, new byte[] {1}, "queries.count: is 4294967295");
        refusedPayload(1, new byte[] {2, 0}, "format 2");
        byte[] good = VectorBlockCodec.encode(List.of(vector(7, 1f), vector(8, 1f)));
        good[2] ^= 1;
        ShardSearchBatchRequest.Builder request = batch(List.of(vector(7, 1f), vector(8, 1f)));
        request.getQueriesBuilder().setPayload(ByteString.copyFrom(good));
        refused(request, Status.Code.INVALID_ARGUMENT, "queries.payload", "CRC-32C");
    }

    @Test
    void aResponseThatWouldGrowTooLargeIsRefusedSayingWhatToDo() {
        for (int i = 1; i <= 8; i++) {
            WriteRequest.Builder request = puts(i, vector(7, 1f));
            request.getOperationsBuilder(0).getPutBuilder().setText("x".repeat(500_000));
            client.call().write(request.build());
        }
        ShardSearchBatchRequest.Builder request = batch(Collections.nCopies(9, vector(7, 1f)));
        request.getOptionsBuilder().setIncludeSource(true);
        refused(request, Status.Code.INVALID_ARGUMENT, "more than 32 MiB; lower k, send fewer queries at a time");
        request.getOptionsBuilder().setK(7);
        assertThat(client.call().searchBatch(request.build()).getResultsCount()).isEqualTo(9);
    }

    @Test
    void aBatchThatIsLateSaysHowFarItCame() {
        client.call().write(puts(1, vector(7, 1f)).build());
        assertThatThrownBy(() -> client.call()
                        .withDeadlineAfter(1, TimeUnit.NANOSECONDS)
                        .searchBatch(batch(List.of(vector(7, 1f))).build()))
                .hasMessageStartingWith("DEADLINE_EXCEEDED");
    }

    private static SparseVector random(Random random, int terms) {
        int[] ids = random.ints(0, 60).distinct().limit(terms).sorted().toArray();
        float[] weights = new float[terms];
        for (int i = 0; i < terms; i++) {
            weights[i] = .1f + 3f * random.nextFloat();
        }
        return new SparseVector(ids, weights);
    }

    private static ShardSearchBatchRequest.Builder batch(List<SparseVector> queries) {
        return ShardSearchBatchRequest.newBuilder()
                .setOptions(search().clearQuery())
                .setQueries(block(queries));
    }

    private static io.millrace.v1.SparseVector message(SparseVector vector) {
        io.millrace.v1.SparseVector.Builder message = io.millrace.v1.SparseVector.newBuilder();
        for (int i = 0; i < vector.size(); i++) {
            message.addIds(vector.ids()[i]).addWeights(vector.weights()[i]);
        }
        return message.build();
    }

    private void refusedPayload(int count, byte[] payload, String... parts) {
        ShardSearchBatchRequest.Builder request = batch(List.of())
                .setQueries(VectorBlock.newBuilder()
                        .setCount(count)
                        .setPayload(ByteString.copyFrom(payload))
                        .setCrc32C(VectorBlockCodec.crc32c(payload)));
        refused(request, Status.Code.INVALID_ARGUMENT, parts);
    }

    private void refused(ShardSearchBatchRequest.Builder request, Status.Code code, String... parts) {
        assertThatThrownBy(() -> client.call().searchBatch(request.build()))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                    assertThat(e.getStatus().getCode()).as(e.toString()).isEqualTo(code);
                    assertThat(e.getStatus().getDescription()).contains(parts);
                });
    }
}
