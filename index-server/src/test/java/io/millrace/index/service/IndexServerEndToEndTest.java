package io.millrace.index.service;

import static io.millrace.index.service.IndexClient.SHARD;
import static io.millrace.index.service.IndexClient.creation;
import static io.millrace.index.service.IndexClient.delete;
import static io.millrace.index.service.IndexClient.get;
import static io.millrace.index.service.IndexClient.puts;
import static io.millrace.index.service.IndexClient.search;
import static io.millrace.index.service.IndexClient.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.millrace.v1.CreateShardRequest;
import io.millrace.v1.DropShardRequest;
import io.millrace.v1.ShardGetResponse;
import io.millrace.v1.ShardHit;
import io.millrace.v1.ShardSearchBatchRequest;
import io.millrace.v1.ShardStats;
import io.millrace.v1.StatsRequest;
import io.millrace.v1.WeightFormat;
import io.millrace.v1.WriteResponse;
import io.millrace.vector.SparseVector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The index server over real gRPC on loopback. */
class IndexServerEndToEndTest {
    @TempDir
    private Path directory;

    @Test
    void writtenDocumentsAreFoundReplacedAndDeletedAtOnce() throws Exception {
        try (IndexClient client = new IndexClient(directory).withShard()) {
            WriteResponse first = client.call()
                    .write(puts(1, vector(7, 1f), vector(7, 3f), vector(8, 1f)).build());
            assertThat(first.getResultsList()).allMatch(result -> result.getApplied());
            assertThat(first.getDurableIndex()).isEqualTo(first.getAppliedIndex());
            assertThat(client.found(7)).containsExactly("doc-2", "doc-1");

            client.call()
                    .write(puts(10, vector(7, 9f))
                            .setOperations(0, IndexClient.put(10, "doc-1"))
                            .build());
            assertThat(client.found(7)).containsExactly("doc-1", "doc-2");

            client.call().write(delete(11, "doc-2").build());
            assertThat(client.found(7)).containsExactly("doc-1");
            assertThat(client.found(8)).containsExactly("doc-3");
        }
    }

    @Test
    void hitsCarrySourceAndMatchedTermsWhenAsked() throws Exception {
        SparseVector document = new SparseVector(new int[] {3, 5, -1}, new float[] {2f, .5f, 4f});
        try (IndexClient client = new IndexClient(directory).withShard()) {
            client.call().write(puts(1, document).build());
            var request = search(3, 4, -1).setIncludeSource(true).setExplain(true);
            request.getQueryBuilder().setWeights(0, 3f);
            ShardHit hit = client.call().search(request.build()).getHits(0);
            assertThat(hit.getScore()).isEqualTo(10f);
            assertThat(hit.getSource().getTitle()).isEqualTo("Title of doc-1");
            assertThat(hit.getSource().getMetadataMap()).containsEntry("shelf", "A");
            assertThat(hit.getMatchesList().stream()
                            .map(m -> m.getTermId() + " " + m.getQueryWeight() + " " + m.getDocumentWeight()))
                    .containsExactly("3 3.0 2.0", "-1 1.0 4.0");

            ShardHit bare = client.call().search(search(3).build()).getHits(0);
            assertThat(bare.hasSource()).isFalse();
            assertThat(bare.getMatchesList()).isEmpty();
        }
    }

    @Test
    void storedDocumentComesBackWithStampAndVector() throws Exception {
        SparseVector document = new SparseVector(new int[] {3, -2}, new float[] {2f, .1f});
        try (IndexClient client = new IndexClient(directory).withShard()) {
            client.call().write(puts(5, document).build());
            ShardGetResponse got = client.call()
                    .getDocument(get("doc-5").setIncludeVector(true).build());
            assertThat(got.getSource().getText()).isEqualTo("Text of doc-5");
            assertThat(got.getStamp().getTime()).isEqualTo(5L << 16);
            assertThat(got.getVector().getIdsList()).containsExactly(3, -2);
            assertThat(got.getVector().getWeightsList()).containsExactly(2f, .1f);

            client.call().write(delete(6, "doc-5").build());
            assertThatThrownBy(() -> client.call().getDocument(get("doc-5").build()))
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessageStartingWith("NOT_FOUND: document 'doc-5'");
        }
    }

    @Test
    void repeatedSequenceReturnsTheFirstStampAndChangesNothing() throws Exception {
        try (IndexClient client = new IndexClient(directory).withShard()) {
            client.call().write(puts(1, vector(7, 1f)).build());
            var again = puts(1, vector(7, 5f));
            again.getOperationsBuilder(0).getStampBuilder().setTime(99L << 16);
            WriteResponse repeated = client.call().write(again.build());
            assertThat(repeated.getResults(0).getApplied()).isTrue();
            assertThat(repeated.getResults(0).getStamp().getTime()).isEqualTo(1L << 16);
            assertThat(client.call().search(search(7).build()).getHits(0).getScore())
                    .isEqualTo(1f);
        }
    }

    @Test
    void everythingIsTheSameAfterARestart() throws Exception {
        List<String> before;
        ShardStats statsBefore;
        try (IndexClient client = new IndexClient(directory).withShard()) {
            for (int i = 0; i < 40; i++) {
                client.call()
                        .write(puts(
                                        1 + 5L * i,
                                        vector(1, 1f + i),
                                        vector(2, 1f + i),
                                        vector(1, 2f),
                                        vector(3, 1f),
                                        vector(1, 7f))
                                .build());
            }
            client.call().write(delete(900, "doc-1").build());
            before = client.found(1, 2, 3);
            statsBefore = client.call().stats(StatsRequest.getDefaultInstance()).getShards(0);
        }
        try (IndexClient client = new IndexClient(directory)) {
            assertThat(client.found(1, 2, 3)).isEqualTo(before).hasSize(10);
            ShardStats after =
                    client.call().stats(StatsRequest.getDefaultInstance()).getShards(0);
            assertThat(after.getDocuments())
                    .isEqualTo(statsBefore.getDocuments())
                    .isEqualTo(199);
            assertThat(after.getAppliedIndex()).isEqualTo(statsBefore.getAppliedIndex());
            assertThat(after.getSegments()).isPositive();
            assertThat(after.getShard()).isEqualTo(SHARD);
        }
    }

    @Test
    void quantisedShardScoresWithinItsStepAndCountsClippedWeights() throws Exception {
        try (IndexClient client = new IndexClient(directory)) {
            client.call()
                    .createShard(creation()
                            .setWeightFormat(WeightFormat.WEIGHT_FORMAT_UINT8)
                            .setMaxWeight(2f)
                            .build());
            client.call().write(puts(1, vector(7, 1.5f), vector(7, 100f)).build());
            List<ShardHit> hits = client.call().search(search(7).build()).getHitsList();
            assertThat(hits.get(0).getId()).isEqualTo("doc-2");
            assertThat(hits.get(0).getScore()).isEqualTo(2f);
            assertThat(hits.get(1).getScore()).isBetween(1.5f - 1f / 255, 1.5f + 1f / 255);
            assertThat(client.call()
                            .stats(StatsRequest.getDefaultInstance())
                            .getShards(0)
                            .getClippedWeights())
                    .isEqualTo(1);
        }
    }

    @Test
    void quantisedShardGivesTheScoresOfFloatsWhenAskedTo() throws Exception {
        SparseVector document = new SparseVector(new int[] {3, 7}, new float[] {.123f, 1.777f});
        try (IndexClient client = new IndexClient(directory)) {
            client.call()
                    .createShard(creation()
                            .setWeightFormat(WeightFormat.WEIGHT_FORMAT_UINT8)
                            .setMaxWeight(2f)
                            .build());
            client.call().write(puts(1, document).build());
            float exact = .123f + 1.777f;
            assertThat(client.call().search(search(3, 7).build()).getHits(0).getScore())
                    .isNotEqualTo(exact);
            assertThat(client.call()
                            .search(search(3, 7).setRescore(true).build())
                            .getHits(0)
                            .getScore())
                    .isEqualTo(exact);
            assertThat(client.call()
                            .searchBatch(ShardSearchBatchRequest.newBuilder()
                                    .setOptions(search().clearQuery().setRescore(true))
                                    .setQueries(IndexClient.block(
                                            List.of(new SparseVector(new int[] {3, 7}, new float[] {1f, 1f}))))
                                    .build())
                            .getResults(0)
                            .getHits(0)
                            .getScore())
                    .isEqualTo(exact);
        }
    }

    @Test
    void shardsAreCreatedOnceAndDroppedWithTheirData() throws Exception {
        CreateShardRequest request = creation().build();
        DropShardRequest drop = DropShardRequest.newBuilder().setShard(SHARD).build();
        try (IndexClient client = new IndexClient(directory)) {
            assertThat(client.call().createShard(request).getCreated()).isTrue();
            assertThat(client.call().createShard(request).getCreated()).isFalse();
            client.call().write(puts(1, vector(7, 1f)).build());
            client.call().dropShard(drop);
            client.call().dropShard(drop);
            assertThatThrownBy(() -> client.found(7)).hasMessageStartingWith("NOT_FOUND: shard books/1/0");
            assertThat(client.call().createShard(request).getCreated()).isTrue();
            assertThat(client.found(7)).isEmpty();
        }
    }

    @Test
    void manyCallersWriteAtOnceAndEveryWriteIsThere() throws Exception {
        int callers = 16;
        int each = 25;
        try (IndexClient client = new IndexClient(directory).withShard();
                ExecutorService threads = Executors.newFixedThreadPool(callers)) {
            List<Future<?>> done = new ArrayList<>();
            for (int c = 0; c < callers; c++) {
                long first = 1L + (long) c * each;
                done.add(threads.submit(() -> {
                    for (long i = first; i < first + each; i++) {
                        client.call().write(puts(i, vector(7, (float) i)).build());
                        String newest = "doc-" + i;
                        // Read your write: whatever others did, this one is there.
                        assertThat(client.call()
                                        .search(search(7).setK(10_000).build())
                                        .getHitsList())
                                .anyMatch(hit -> hit.getId().equals(newest));
                    }
                }));
            }
            for (Future<?> caller : done) {
                caller.get();
            }
            assertThat(client.call()
                            .stats(StatsRequest.getDefaultInstance())
                            .getShards(0)
                            .getDocuments())
                    .isEqualTo((long) callers * each);
        }
    }

    @Test
    void searchWaitsForAWriteItKnowsOfAndGivesUpAsUnavailable() throws Exception {
        try (IndexClient client = new IndexClient(directory).withShard()) {
            long index = client.call().write(puts(1, vector(7, 1f)).build()).getAppliedIndex();
            assertThat(client.call()
                            .search(search(7).setMinAppliedIndex(index).build())
                            .getHitsCount())
                    .isEqualTo(1);
            assertThatThrownBy(() -> client.call()
                            .search(search(7).setMinAppliedIndex(index + 1).build()))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE))
                    .hasMessageContaining("has applied index " + index + " but the search needs " + (index + 1));
        }
    }

    @Test
    void healthIsServing() throws Exception {
        try (IndexClient client = new IndexClient(directory)) {
            assertThat(HealthGrpc.newBlockingStub(client.channel())
                            .check(HealthCheckRequest.getDefaultInstance())
                            .getStatus())
                    .isEqualTo(ServingStatus.SERVING);
        }
    }
}
