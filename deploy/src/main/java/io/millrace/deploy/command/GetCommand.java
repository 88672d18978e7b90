package io.millrace.deploy.command;

import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.CollectionOption;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.ServerOptions;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.GetDocumentRequest;
import io.millrace.v1.GetDocumentResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code get}: a stored document. */
@Command(
        name = "get",
        mixinStandardHelpOptions = true,
        description = "Shows a stored document.",
        footer = {"", "Examples:", "  millrace get doc-17", "  millrace get doc-17 --vector -o json"})
public final class GetCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Mixin
    private final CollectionOption collection = new CollectionOption();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(paramLabel = "ID", description = "Id of the document.")
    private String id = "";

    @Option(names = "--vector", description = "Show its stored vector too.")
    private boolean vector;

    /** A command over a console. */
    public GetCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        try (MillraceClient client = server.connect()) {
            GetDocumentResponse found = client.get(GetDocumentRequest.newBuilder()
                    .setCollection(collection.resolve(client))
                    .setId(id)
                    .setIncludeVector(vector)
                    .build());
            DocumentSource source = found.getDocument().getSource();
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("id", found.getDocument().getId());
            fields.put("title", source.getTitle());
            fields.put("text", source.getText());
            fields.put("metadata", source.getMetadataMap());
            if (vector) {
                fields.put("vector", VectorText.json(found.getVector()));
            }
            if (output.json()) {
                console.printJson(fields);
            } else {
                fields.forEach((name, value) -> console.print(name + ": " + value));
            }
            return ExitCode.OK;
        }
    }
}
