package io.millrace.deploy.mine;

import io.grpc.Status;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.Progress;
import io.millrace.evaluation.Qrels;
import io.millrace.trainer.data.Draws;
import io.millrace.trainer.data.Passage;
import io.millrace.v1.BatchQuery;
import io.millrace.v1.BatchResult;
import io.millrace.v1.Coverage;
import io.millrace.v1.Hit;
import io.millrace.v1.SearchBatchRequest;
import io.millrace.v1.SearchBatchResponse;
import io.millrace.v1.SearchRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Asks a collection for queries' hits, batch by batch, and draws negatives from them. For one thread. */
final class MineRun {
    private static final int MOST_A_BATCH = 256;
    // Some 32 bytes a hit: half of what a response may take.
    private static final int MOST_HITS_A_BATCH = 500_000;
    // A cluster that restarts is back within a minute; waits double from a second on.
    private static final int TRIES = 7;

    private final Console console;
    private final MillraceClient client;
    private final MineSettings settings;
    private final Qrels qrels;
    private long refused;
    private long without;

    MineRun(Console console, MillraceClient client, MineSettings settings, Qrels qrels) {
        this.console = console;
        this.client = client;
        this.settings = settings;
        this.qrels = qrels;
    }

    /** Mines all queries that have a positive and no line yet. */
    void run(List<Passage> queries, MinedFile file) throws IOException, InterruptedException {
        Progress progress = new Progress(console, "Mining");
        int depth = DepthRange.deepest(settings.ranges());
        int size = Math.clamp(MOST_HITS_A_BATCH / depth, 1, MOST_A_BATCH);
        List<Passage> batch = new ArrayList<>(size);
        long seen = 0;
        for (Passage query : queries) {
            seen++;
            if (positives(query.id()).isEmpty()) {
                without++;
            } else if (!file.has(query.id())) {
                batch.add(query);
            }
            if (batch.size() == size || (seen == queries.size() && !batch.isEmpty())) {
                file.append(mine(batch, depth));
                batch.clear();
                progress.update(seen, (double) seen / queries.size());
            }
        }
        progress.finish();
    }

    /** Queries that the cluster refused. */
    long refused() {
        return refused;
    }

    /** Queries without a positive, for which nothing is mined. */
    long withoutPositives() {
        return without;
    }

    private List<String> positives(String queryId) {
        return qrels.judgements(queryId).entrySet().stream()
                .filter(judged -> judged.getValue() > 0)
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    private List<MinedQuery> mine(List<Passage> batch, int depth) throws InterruptedException {
        SearchBatchRequest.Builder request = SearchBatchRequest.newBuilder()
                .setOptions(SearchRequest.newBuilder()
                        .setCollection(settings.collection())
                        .setSpaceId(settings.spaceId())
                        .setK(depth));
        batch.forEach(query -> request.addQueries(BatchQuery.newBuilder().setText(query.text())));
        SearchBatchResponse response = ask(request.build());
        List<MinedQuery> mined = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            BatchResult result = response.getResults(i);
            if (result.hasError()) {
                refused++;
                console.say("query '" + batch.get(i).id() + "': "
                        + result.getError().getMessage());
            } else {
                mined.add(drawn(batch.get(i).id(), result.getHitsList()));
            }
        }
        return mined;
    }

    private MinedQuery drawn(String queryId, List<Hit> hits) {
        List<String> positives = positives(queryId);
        Set<String> known = new HashSet<>(positives);
        if (settings.sharedIds()) {
            known.add(queryId);
        }
        boolean[] usable = new boolean[hits.size()];
        for (int place = 0; place < usable.length; place++) {
            usable[place] = !known.contains(hits.get(place).getId());
        }
        List<MinedQuery.Negative> negatives =
                DepthRange.draw(settings.ranges(), usable, Draws.of(settings.seed(), 0, number(queryId))).stream()
                        .map(place -> new MinedQuery.Negative(
                                hits.get(place).getId(),
                                place + 1,
                                hits.get(place).getScore()))
                        .toList();
        return new MinedQuery(queryId, positives, settings.system(), negatives);
    }

    /** A number of the query alone, so that what is drawn for it does not depend on the others. */
    private static long number(String queryId) {
        long number = 0;
        for (byte b : queryId.getBytes(StandardCharsets.UTF_8)) {
            number = Draws.mix(number ^ (b & 0xFF)) + 1;
        }
        return number;
    }

    /** Asks again while servers come back; an incomplete answer counts as none, because what is missing would be a bias. */
    private SearchBatchResponse ask(SearchBatchRequest request) throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            MillraceException failure;
            try {
                SearchBatchResponse response = client.searchBatch(request);
                Coverage coverage = response.getCoverage();
                if (coverage.getShardsOk() == coverage.getShardsTotal()) {
                    return response;
                }
                failure = new MillraceException(
                        Status.Code.UNAVAILABLE,
                        coverage.getShardsOk() + " of " + coverage.getShardsTotal() + " shards answered");
            } catch (MillraceException e) {
                failure = e;
            }
            boolean passing = switch (failure.code()) {
                case UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED -> true;
                default -> false;
            };
            if (!passing || attempt == TRIES) {
                throw failure;
            }
            console.say("Waiting for the cluster: " + failure.getMessage());
            Thread.sleep(1_000L << (attempt - 1));
        }
    }
}
