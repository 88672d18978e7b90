package io.millrace.deploy.command;

import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.corpus.QueryReader;
import io.millrace.deploy.corpus.ReadQuery;
import io.millrace.v1.BatchQuery;
import io.millrace.v1.BatchResult;
import io.millrace.v1.Coverage;
import io.millrace.v1.SearchBatchRequest;
import io.millrace.v1.SearchBatchResponse;
import io.millrace.v1.SearchRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Asks a file's queries, a batch at a time, and prints what each finds. For one thread. */
final class QueryRun {
    private static final int MOST_A_BATCH = 256;
    // Some 32 bytes a hit: half of what a response may take.
    private static final int MOST_HITS_A_BATCH = 500_000;

    private final Console console;
    private final MillraceClient client;
    private final SearchRequest options;
    private final ResultPrinter printer;
    private long refused;
    private boolean partial;

    /**
     * Sends nothing yet.
     *
     * @param options what holds for all queries
     */
    QueryRun(Console console, MillraceClient client, SearchRequest options, ResultPrinter printer) {
        this.console = console;
        this.client = client;
        this.options = options;
        this.printer = printer;
    }

    /** Asks all of them; the result is an {@link ExitCode}. */
    int run(QueryReader queries) throws IOException {
        int size = Math.clamp(MOST_HITS_A_BATCH / Math.max(1, options.getK()), 1, MOST_A_BATCH);
        List<ReadQuery.Good> batch = new ArrayList<>(size);
        for (ReadQuery query = queries.next(); query != null; query = queries.next()) {
            switch (query) {
                case ReadQuery.Good good -> batch.add(good);
                case ReadQuery.Bad bad -> refuse(bad.location() + ": " + bad.reason());
            }
            if (batch.size() == size) {
                ask(batch);
                batch.clear();
            }
        }
        if (!batch.isEmpty()) {
            ask(batch);
        }
        if (refused > 0) {
            console.say(refused == 1 ? "1 query was refused." : refused + " queries were refused.");
        }
        return refused > 0 ? ExitCode.SOME_REFUSED : ExitCode.OK;
    }

    private void ask(List<ReadQuery.Good> batch) throws IOException {
        SearchBatchRequest.Builder request = SearchBatchRequest.newBuilder().setOptions(options);
        for (ReadQuery.Good query : batch) {
            request.addQueries(BatchQuery.newBuilder().setText(query.text()));
        }
        SearchBatchResponse response = client.searchBatch(request.build());
        Coverage coverage = response.getCoverage();
        if (coverage.getShardsOk() < coverage.getShardsTotal() && !partial) {
            partial = true;
            console.say(
                    "Incomplete: " + coverage.getShardsOk() + " of " + coverage.getShardsTotal() + " shards answered.");
        }
        for (int i = 0; i < batch.size(); i++) {
            BatchResult result = response.getResults(i);
            if (result.hasError()) {
                refuse(batch.get(i).location() + ": " + result.getError().getMessage());
            }
            printer.print(batch.get(i), result);
        }
    }

    private void refuse(String why) {
        refused++;
        console.say(why);
    }
}
