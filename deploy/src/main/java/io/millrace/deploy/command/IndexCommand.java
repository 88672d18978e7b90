package io.millrace.deploy.command;

import io.grpc.Status;
import io.millrace.client.IngestOptions;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.deploy.cli.CollectionOption;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.ServerOptions;
import io.millrace.deploy.cli.SpaceOptions;
import io.millrace.deploy.corpus.CorpusInput;
import io.millrace.deploy.corpus.DocumentReader;
import io.millrace.v1.CreateCollectionRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code index}: streams documents in. */
@Command(
        name = "index",
        mixinStandardHelpOptions = true,
        description = {
            "Stores documents from JSON lines, plain or gzipped:",
            "",
            "  {\"_id\": \"1\", \"title\": \"may be left out\", \"text\": \"...\", \"metadata\": {\"year\": \"1999\"}}",
            "",
            "\"id\" does as well as \"_id\". A document replaces the one with the same id. What cannot be stored is",
            "reported as FILE:LINE with the reason, and the rest goes on; the exit code is then 3.",
            "",
            "The command waits for servers that are down and resumes by itself. If it is killed, run it again: documents",
            "already stored are replaced by themselves, so the result is the same and nothing is there twice.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  millrace index corpus.jsonl",
            "  millrace index --collection papers 'data/*.jsonl.gz'",
            "  zcat dump.gz | my-converter | millrace index -"
        })
public final class IndexCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Mixin
    private final CollectionOption collection = new CollectionOption();

    @Mixin
    private final SpaceOptions space = new SpaceOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Files, quoted patterns, or - for standard input.")
    private List<String> arguments = List.of();

    @Option(names = "--no-create", description = "Fail if the collection does not exist, instead of creating it.")
    private boolean noCreate;

    @Option(
            names = "--in-flight",
            paramLabel = "N",
            description = "Most documents unacknowledged at a time: more hide latency, fewer save memory."
                    + " Default: ${DEFAULT-VALUE}.")
    private int inFlight = IngestOptions.Window.DEFAULT.operations();

    @Option(
            names = "--give-up-after",
            paramLabel = "TIME",
            description = "How long to wait for a cluster that does not answer or cannot write. Default: 2m.")
    private Duration giveUpAfter = IngestOptions.Retry.DEFAULT.giveUpAfter();

    @Option(
            names = "--list-truncated",
            description = "Name every document that is longer than the model reads; without it they are counted.")
    private boolean listTruncated;

    /** A command over a console. */
    public IndexCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        CorpusInput input = CorpusInput.of(arguments);
        try (MillraceClient client = server.connect();
                DocumentReader reader = new DocumentReader(input, console.in())) {
            IngestOptions.Retry retry = IngestOptions.Retry.DEFAULT;
            IngestOptions options = IngestOptions.forCollection(ensureCollection(client, reader))
                    .withWindow(new IngestOptions.Window(inFlight, IngestOptions.Window.DEFAULT.sizeBytes()))
                    .withRetry(new IngestOptions.Retry(
                            retry.firstDelay(), retry.maxDelay(), giveUpAfter, retry.stallTimeout()));
            IndexRun run = new IndexRun(console, reader, listTruncated);
            try {
                run.stream(client, options);
            } catch (MillraceException e) {
                run.printSummary();
                throw e;
            }
            if (output.json()) {
                console.printJson(run.summary());
            } else {
                run.printSummary();
            }
            return run.exitCode();
        }
    }

    private String ensureCollection(MillraceClient client, DocumentReader reader) {
        if (noCreate) {
            return collection.resolve(client);
        }
        String found = collection.resolveIfAny(client);
        String name = found == null ? CollectionOption.DEFAULT_NAME : found;
        if (exists(client, name)) {
            if (space.given()) {
                console.say("Note: the collection " + name + " exists already and keeps its space.");
            }
            return name;
        }
        CreateCollectionRequest.Builder request =
                space.apply(CreateCollectionRequest.newBuilder().setName(name));
        if (space.wantsSample()) {
            reader.readAhead(SpaceOptions.SAMPLE_DOCUMENTS, SpaceOptions.SAMPLE_BYTES)
                    .forEach(document -> request.addSample(document.getSource()));
        }
        try {
            client.createCollection(request.build());
            console.say("Created the collection " + name + ".");
        } catch (MillraceException e) {
            if (e.code() != Status.Code.ALREADY_EXISTS) {
                throw e;
            }
        }
        return name;
    }

    private static boolean exists(MillraceClient client, String name) {
        try {
            client.describeCollection(name);
            return true;
        } catch (MillraceException e) {
            if (e.code() != Status.Code.NOT_FOUND) {
                throw e;
            }
            return false;
        }
    }
}
