package io.millrace.benchmarks;

import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.v1.CoordinatorGrpc;
import io.millrace.v1.CoordinatorGrpc.CoordinatorBlockingStub;
import io.millrace.v1.EncodeRequest;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SparseVector;
import io.millrace.v1.TextRole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Latency of a running cluster as one caller sees it, one call at a time over one connection.
 *
 * <p>Usage: {@code QueryLatency HOST:PORT COLLECTION QUERIES_FILE [calls=2000]}; the file has one query a line. It prints the
 * median, the 90th and the 99th percentile in microseconds of an empty call (the floor), of encoding, of searching with a
 * ready-made vector and of searching with text, in rounds that take turns, so that a busy machine disturbs all alike. The
 * first rounds are warm-up and not counted.
 */
public final class QueryLatency {
    private static final int WARM_UP_ROUNDS = 3;
    private static final int ROUNDS = 5;
    private static final int HITS = 10;

    private QueryLatency() {}

    private enum Call {
        EMPTY,
        ENCODE,
        SEARCH_VECTOR,
        SEARCH_TEXT
    }

    /** Runs it. */
    public static void main(String[] arguments) throws IOException {
        List<String> queries = Files.readAllLines(Path.of(arguments[2]));
        int calls = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 2_000;
        ManagedChannel channel =
                NettyChannelBuilder.forTarget(arguments[0]).usePlaintext().build();
        try {
            Map<Call, long[]> nanos = new EnumMap<>(Call.class);
            for (Call call : Call.values()) {
                nanos.put(call, new long[ROUNDS * calls]);
            }
            for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
                for (Call call : Call.values()) {
                    Consumer<String> one = caller(channel, arguments[1], call);
                    long[] taken = Objects.requireNonNull(nanos.get(call));
                    for (int i = 0; i < calls; i++) {
                        long begun = System.nanoTime();
                        one.accept(queries.get(i % queries.size()));
                        if (round >= 0) {
                            taken[round * calls + i] = System.nanoTime() - begun;
                        }
                    }
                }
            }
            System.out.printf("%-14s %8s %8s %8s   microseconds, %d calls%n", "", "p50", "p90", "p99", ROUNDS * calls);
            for (Call call : Call.values()) {
                long[] sorted = Objects.requireNonNull(nanos.get(call));
                Arrays.sort(sorted);
                System.out.printf(
                        "%-14s %8.0f %8.0f %8.0f%n", call, at(sorted, 0.5), at(sorted, 0.9), at(sorted, 0.99));
            }
        } finally {
            channel.shutdownNow();
        }
    }

    private static double at(long[] sorted, double share) {
        return sorted[(int) (share * (sorted.length - 1))] / 1e3;
    }

    private static Consumer<String> caller(ManagedChannel channel, String collection, Call call) {
        CoordinatorBlockingStub coordinator = CoordinatorGrpc.newBlockingStub(channel);
        SearchRequest.Builder search =
                SearchRequest.newBuilder().setCollection(collection).setK(HITS);
        return switch (call) {
            case EMPTY -> query -> HealthGrpc.newBlockingStub(channel).check(HealthCheckRequest.getDefaultInstance());
            case ENCODE -> query -> coordinator.encode(encoding(query));
            case SEARCH_VECTOR -> {
                var answer = coordinator.encode(encoding("the study of earthquakes"));
                SparseVector vector = answer.getVectors(0).getVector();
                SearchRequest request =
                        search.setVector(vector).setSpaceId(answer.getSpaceId()).build();
                yield query -> coordinator.search(request);
            }
            case SEARCH_TEXT ->
                query -> coordinator.search(search.setText(query).build());
        };
    }

    private static EncodeRequest encoding(String query) {
        return EncodeRequest.newBuilder()
                .setRole(TextRole.TEXT_ROLE_QUERY)
                .addTexts(query)
                .build();
    }
}
