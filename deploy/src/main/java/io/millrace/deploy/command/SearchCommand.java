package io.millrace.deploy.command;

import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.CollectionOption;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.ServerOptions;
import io.millrace.deploy.filter.FilterParser;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SearchResponse;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code search}: the documents that fit a text best. */
@Command(
        name = "search",
        mixinStandardHelpOptions = true,
        description = "Finds the documents that fit a text best.",
        footer = {
            "",
            "Examples:",
            "  millrace search \"the study of earthquakes\"",
            "  millrace search -k 3 --explain fear of spiders",
            "  millrace search --filter 'lang = \"en\" and (year >= 2020 or not exists(draft))' heart attack",
            "  millrace search -o json -k 100 \"heart attack\" --server search.example.org:7300 | jq '.hits[].id'"
        })
public final class SearchCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Mixin
    private final CollectionOption collection = new CollectionOption();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(arity = "1..*", paramLabel = "TEXT", description = "What to look for; several words are joined.")
    private List<String> words = List.of();

    @Option(
            names = {"-k", "--hits"},
            paramLabel = "N",
            description = "Hits wanted, 1 to 10,000. Default: ${DEFAULT-VALUE}.")
    private int k = 10;

    @Option(names = "--explain", description = "Show the terms that matched: weight in the query × in the document.")
    private boolean explain;

    @Option(
            names = "--recall",
            paramLabel = "SHARE",
            description = "Share of the exact result that is enough, 0.8 to 1: less is faster. Default: 1, exact.")
    private float recall = 1f;

    @Option(
            names = "--filter",
            paramLabel = "EXPR",
            description = {
                "Only documents whose metadata matches: fields with = != < <= > >= in (...) between ... and ..., exists(field),"
                        + " joined by and, or, not and parentheses.",
                "Numbers are compared as numbers, values in quotes as texts."
            })
    private @Nullable String filter;

    @Option(names = "--partial", description = "Answer from the shards that do answer when one does not.")
    private boolean partial;

    /** A command over a console. */
    public SearchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        SearchRequest.Builder request = SearchRequest.newBuilder()
                .setText(String.join(" ", words))
                .setK(k)
                .setExplain(explain)
                .setRecallTarget(recall)
                .setAllowPartial(partial)
                .setIncludeSource(true);
        if (filter != null) {
            request.setFilter(FilterParser.parse(filter));
        }
        try (MillraceClient client = server.connect()) {
            SearchResponse response = client.search(
                    request.setCollection(collection.resolve(client)).build());
            HitPrinter printer = new HitPrinter(console);
            if (output.json()) {
                printer.printJson(response);
            } else {
                printer.printText(response);
            }
            return ExitCode.OK;
        }
    }
}
