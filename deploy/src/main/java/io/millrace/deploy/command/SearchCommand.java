package io.millrace.deploy.command;

import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.CollectionOption;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.ServerOptions;
import io.millrace.deploy.cli.SpaceOptions.Space;
import io.millrace.deploy.corpus.QueryReader;
import io.millrace.deploy.filter.FilterParser;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SearchResponse;
import java.io.IOException;
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
        description = {
            "Finds the documents that fit a text best, or with --queries each of many texts, which are sent 256 at a time."
        },
        footer = {
            "",
            "Examples:",
            "  millrace search \"the study of earthquakes\"",
            "  millrace search -k 3 --explain fear of spiders",
            "  millrace search --filter 'lang = \"en\" and (year >= 2020 or not exists(draft))' heart attack",
            "  millrace search -o json -k 100 \"heart attack\" --server search.example.org:7300 | jq '.hits[].id'",
            "  millrace search --queries queries.jsonl -k 1000 -o trec > run.txt"
        })
public final class SearchCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Mixin
    private final CollectionOption collection = new CollectionOption();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "text|json|trec",
            description =
                    "Form of the results on stdout: json is one object a line, trec (only with --queries) a run that"
                            + " trec_eval reads. Default: text.")
    private ResultPrinter.Form form = ResultPrinter.Form.TEXT;

    @Parameters(arity = "0..*", paramLabel = "TEXT", description = "What to look for; several words are joined.")
    private List<String> words = List.of();

    @Option(
            names = "--queries",
            paramLabel = "FILE|-",
            description =
                    "Ask all queries of a file: JSON lines with _id and text as in BEIR, or one text a line, whose"
                            + " number is its id. Titles and texts of documents are not printed.")
    private @Nullable String queries;

    @Option(
            names = {"-k", "--k", "--hits"},
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

    @Option(
            names = "--rescore",
            description =
                    "Exact scores also where the collection keeps 8-bit weights: more documents are found and scored"
                            + " again by their vectors.")
    private boolean rescore;

    @Option(
            names = "--space",
            paramLabel = "learned|hybrid",
            description = "Terms of the query: learned leaves the words of the text out where the collection has them."
                    + " Default: all that the collection has.")
    private @Nullable Space space;

    @Option(names = "--partial", description = "Answer from the shards that do answer when one does not.")
    private boolean partial;

    /** A command over a console. */
    public SearchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (words.isEmpty() == (queries == null)) {
            throw new IllegalArgumentException(
                    queries == null
                            ? "there is nothing to look for; give a text, or --queries with a file of them"
                            : "there are a text and --queries; give one of them");
        }
        if (queries == null) {
            if (form == ResultPrinter.Form.TREC) {
                throw new IllegalArgumentException(
                        "-o trec is for many queries, which have ids; give them with --queries, or use -o json");
            }
            SearchRequest.Builder options = options();
            try (MillraceClient client = server.connect()) {
                return search(client, options.setCollection(collection.resolve(client)));
            }
        }
        SearchRequest.Builder options = options();
        try (QueryReader reader = QueryReader.open(queries, console.in());
                MillraceClient client = server.connect()) {
            options.setCollection(collection.resolve(client));
            return new QueryRun(console, client, options.build(), new ResultPrinter(console, form)).run(reader);
        }
    }

    private SearchRequest.Builder options() {
        SearchRequest.Builder options = SearchRequest.newBuilder()
                .setK(k)
                .setExplain(explain)
                .setRecallTarget(recall)
                .setRescore(rescore)
                .setAllowPartial(partial);
        if (space != null) {
            options.setTerms(space.wire());
        }
        if (filter != null) {
            options.setFilter(FilterParser.parse(filter));
        }
        return options;
    }

    private int search(MillraceClient client, SearchRequest.Builder options) {
        SearchResponse response = client.search(
                options.setText(String.join(" ", words)).setIncludeSource(true).build());
        HitPrinter printer = new HitPrinter(console);
        if (form == ResultPrinter.Form.JSON) {
            printer.printJson(response);
        } else {
            printer.printText(response);
        }
        return ExitCode.OK;
    }
}
