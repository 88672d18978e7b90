package io.millrace.deploy.command;

import io.millrace.client.IngestOptions;
import io.millrace.client.IngestOutcome;
import io.millrace.client.IngestStream;
import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.CollectionOption;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.ServerOptions;
import io.millrace.evaluation.beir.Line;
import io.millrace.evaluation.beir.LineReader;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code delete}: removes documents. */
@Command(
        name = "delete",
        mixinStandardHelpOptions = true,
        description = {
            "Removes documents. They are gone from results when the command ends.",
            "Removing what is not there succeeds."
        },
        footer = {"", "Examples:", "  millrace delete doc-17 doc-18", "  cut -f1 outdated.tsv | millrace delete -"})
public final class DeleteCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Mixin
    private final CollectionOption collection = new CollectionOption();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(arity = "1..*", paramLabel = "ID", description = "Ids, or - for one id a line of standard input.")
    private List<String> ids = List.of();

    /** A command over a console. */
    public DeleteCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (MillraceClient client = server.connect()) {
            IngestOptions options = IngestOptions.forCollection(collection.resolve(client));
            IngestStream stream = client.ingest(options, result -> {
                if (result.outcome() instanceof IngestOutcome.Refused refused) {
                    console.say(result.id() + ": " + refused.message());
                }
            });
            try (stream) {
                for (String id : ids) {
                    if (id.equals("-")) {
                        deleteLines(stream);
                    } else {
                        stream.delete(id);
                    }
                }
            }
            long refused = stream.statistics().refused();
            long deleted = stream.statistics().acknowledged() - refused;
            if (output.json()) {
                Map<String, Object> fields = new LinkedHashMap<>();
                fields.put("deleted", deleted);
                fields.put("refused", refused);
                console.printJson(fields);
            } else {
                console.say("Deleted " + deleted + (refused == 0 ? "." : ", refused " + refused + "."));
            }
            return refused == 0 ? ExitCode.OK : ExitCode.SOME_REFUSED;
        }
    }

    private void deleteLines(IngestStream stream) throws IOException, InterruptedException {
        try (LineReader reader = LineReader.of(console.in(), "<stdin>", 1 << 10)) {
            for (Line line = reader.next(); line != null; line = reader.next()) {
                switch (line) {
                    case Line.Unreadable(long number, String reason) ->
                        throw new IOException("<stdin>:" + number + ": " + reason);
                    case Line.Text(long number, String id) when !id.isEmpty() -> stream.delete(id);
                    case Line.Text empty -> {}
                }
            }
        }
    }
}
