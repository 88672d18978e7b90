package io.millrace.index.service;

import static io.millrace.index.service.IndexClient.OTHER_SPACE;
import static io.millrace.index.service.IndexClient.SHARD;
import static io.millrace.index.service.IndexClient.put;
import static io.millrace.index.service.IndexClient.puts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.index.shard.Corpora;
import io.millrace.v1.ShardRef;
import io.millrace.v1.TermStatisticsRequest;
import io.millrace.v1.TermStatisticsResponse;
import io.millrace.v1.WriteRequest;
import io.millrace.v1.WriteResponse;
import io.millrace.vector.SparseVector;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Document frequencies over gRPC: of live documents only, and of one state. */
class TermStatisticsTest {
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

    private static TermStatisticsRequest.Builder asked(Integer... terms) {
        return TermStatisticsRequest.newBuilder().setShard(SHARD).setEpoch(1).addAllTermIds(List.of(terms));
    }

    @Test
    void countsLiveDocumentsThroughReplacementsDeletesAndFlushes() {
        Random random = new Random(5);
        Map<String, SparseVector> expected = new HashMap<>();
        Integer[] terms = IntStream.range(0, 60).map(Corpora::word).boxed().toArray(Integer[]::new);
        long applied = 0;
        for (int step = 0; step < 60; step++) {
            long first = 1 + step * 10L;
            SparseVector[] vectors = new SparseVector[8];
            WriteRequest.Builder write = puts(first);
            for (int i = 0; i < vectors.length; i++) {
                String id = "doc-" + random.nextInt(150);
                vectors[i] = Corpora.hybrid(random, 3, 5);
                write.addOperations(put(first + i, id));
                expected.put(id, vectors[i]);
            }
            String gone = "doc-" + random.nextInt(150);
            write.addOperations(put(first + 8, gone).clearPut());
            expected.remove(gone);
            WriteResponse written = client.call()
                    .write(write.setVectors(IndexClient.block(List.of(vectors))).build());
            applied = written.getAppliedIndex();
            TermStatisticsResponse counted =
                    client.call().termStatistics(asked(terms).build());
            assertThat(counted.getDocuments()).isEqualTo(expected.size());
            assertThat(counted.getAppliedIndex()).isEqualTo(applied);
            for (int t = 0; t < terms.length; t++) {
                int term = terms[t];
                assertThat(counted.getDocumentFrequencies(t))
                        .as("term %s", Integer.toUnsignedString(term))
                        .isEqualTo((int) expected.values().stream()
                                .filter(vector -> vector.weight(term) > 0)
                                .count());
            }
        }
        assertThat(expected).hasSizeGreaterThan(50);
        // Unknown terms, none at all, and one twice.
        TermStatisticsResponse unknown =
                client.call().termStatistics(asked(29_999, 29_999).build());
        assertThat(unknown.getDocumentFrequenciesList()).containsExactly(0, 0);
        assertThat(client.call().termStatistics(asked().build()).getDocuments()).isEqualTo(expected.size());
        long next = applied + 1;
        assertThatThrownBy(() -> client.call()
                        .termStatistics(asked(1).setMinAppliedIndex(next).build()))
                .hasMessageContaining("but the search needs " + next);
    }

    @Test
    void wrongRequestsAreRefused() {
        ShardRef otherSpace = SHARD.toBuilder().setSpaceId(OTHER_SPACE).build();
        refused(asked(1).setShard(otherSpace), Status.Code.FAILED_PRECONDITION, "space " + OTHER_SPACE);
        refused(asked(1).setEpoch(2), Status.Code.FAILED_PRECONDITION, "for epoch 2");
        refused(asked(1).setShard(SHARD.toBuilder().setShard(7)), Status.Code.NOT_FOUND, "books/1/7");
        refused(
                asked().addAllTermIds(Collections.nCopies(65_537, 1)),
                Status.Code.INVALID_ARGUMENT,
                "ask for 65536 at most");
    }

    private void refused(TermStatisticsRequest.Builder request, Status.Code code, String reason) {
        assertThatThrownBy(() -> client.call().termStatistics(request.build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(code))
                .hasMessageContaining(reason);
    }
}
