package io.millrace.deploy.eval;

import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.Latencies;
import io.millrace.deploy.cli.Progress;
import io.millrace.evaluation.sparsity.TermCounts;
import io.millrace.v1.EncodeRequest;
import io.millrace.v1.EncodedText;
import io.millrace.v1.GetDocumentRequest;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SearchResponse;
import io.millrace.v1.SparseVector;
import io.millrace.v1.TextRole;
import java.util.List;

/** Counts the vectors that a cluster stored and times searches of it. */
final class CostMeasurement {
    /** Documents whose vectors are counted at most, evenly spread: fetching one takes a call. */
    private static final int MOST_DOCUMENTS = 20_000;

    private static final int MOST_TIMED = 500;
    private static final int WARM_UP = 20;
    private static final int TIMED_K = 10;
    private static final int BATCH = 64;

    private final Console console;
    private final MillraceClient client;
    private final SearchRequest options;
    private final List<String> queries;

    CostMeasurement(Console console, MillraceClient client, SearchRequest options, List<String> queries) {
        this.console = console;
        this.client = client;
        this.options = options;
        this.queries = queries;
    }

    VectorCosts measure(List<String> documentIds) {
        VectorCosts.SearchLatency latency = time();
        TermCounts documents = documents(documentIds);
        TermCounts asked = queries();
        return new VectorCosts(
                documents.vectors(),
                asked.meanNonZeros(),
                documents.meanNonZeros(),
                asked.flops(documents),
                documents.longestList(),
                latency);
    }

    private VectorCosts.SearchLatency time() {
        SearchRequest single = options.toBuilder().setK(TIMED_K).build();
        int count = Math.min(MOST_TIMED, queries.size());
        for (int i = 0; i < Math.min(WARM_UP, count); i++) {
            search(single, queries.get(i));
        }
        long[] search = new long[count];
        long[] total = new long[count];
        for (int i = 0; i < count; i++) {
            long start = console.nanoTime().getAsLong();
            SearchResponse response = search(single, queries.get(i));
            total[i] = console.nanoTime().getAsLong() - start;
            search[i] = response.getTiming().getSearchMicros() * 1_000;
        }
        return new VectorCosts.SearchLatency(
                count, TIMED_K, millis(search, 0.5), millis(search, 0.99), millis(total, 0.5), millis(total, 0.99));
    }

    /** To three digits, which is what the coordinator's microseconds hold. */
    private static double millis(long[] nanos, double share) {
        return Math.round(Latencies.of(nanos).percentileMillis(share) * 1e3) / 1e3;
    }

    private SearchResponse search(SearchRequest single, String query) {
        return client.search(single.toBuilder().setText(query).build());
    }

    private TermCounts documents(List<String> ids) {
        Progress progress = new Progress(console, "Counting");
        TermCounts counts = new TermCounts();
        int taken = Math.min(MOST_DOCUMENTS, ids.size());
        for (int i = 0; i < taken; i++) {
            String id = ids.get((int) ((long) i * ids.size() / taken));
            add(
                    counts,
                    client.get(GetDocumentRequest.newBuilder()
                                    .setCollection(options.getCollection())
                                    .setId(id)
                                    .setIncludeVector(true)
                                    .build())
                            .getVector());
            progress.update(i, (double) i / taken);
        }
        progress.finish();
        return counts;
    }

    private TermCounts queries() {
        TermCounts counts = new TermCounts();
        for (int from = 0; from < queries.size(); from += BATCH) {
            List<String> texts = queries.subList(from, Math.min(queries.size(), from + BATCH));
            for (EncodedText text : client.encode(EncodeRequest.newBuilder()
                            .addAllTexts(texts)
                            .setRole(TextRole.TEXT_ROLE_QUERY)
                            .setCollection(options.getCollection())
                            .build())
                    .getVectorsList()) {
                add(counts, text.getVector());
            }
        }
        return counts;
    }

    private static void add(TermCounts counts, SparseVector vector) {
        // Weights are above 0 by the format.
        counts.add(vector.getIdsList().stream().mapToInt(Integer::intValue).toArray());
    }
}
