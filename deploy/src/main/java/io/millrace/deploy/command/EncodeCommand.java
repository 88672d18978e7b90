package io.millrace.deploy.command;

import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.ServerOptions;
import io.millrace.evaluation.beir.Line;
import io.millrace.evaluation.beir.LineReader;
import io.millrace.v1.EncodeRequest;
import io.millrace.v1.EncodeResponse;
import io.millrace.v1.EncodedText;
import io.millrace.v1.TextRole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code encode}: the sparse vectors of texts. */
@Command(
        name = "encode",
        mixinStandardHelpOptions = true,
        description = {
            "Shows the sparse vector of each text, without storing anything.",
            "An argument that names a file is read as one text a line, - as lines of standard input."
        },
        footer = {
            "",
            "Examples:",
            "  millrace encode --show \"the study of earthquakes\"",
            "  millrace encode --role document -o json passages.txt > vectors.jsonl"
        })
public final class EncodeCommand implements Callable<Integer> {
    /** Texts in one request: the most that a coordinator takes is 256. */
    private static final int BATCH = 64;

    private static final int SHOWN_CHARACTERS = 60;

    /** Role of the texts on the command line. */
    public enum Role {
        /** Query side. */
        QUERY(TextRole.TEXT_ROLE_QUERY),
        /** Document side. */
        DOCUMENT(TextRole.TEXT_ROLE_DOCUMENT);

        private final TextRole wire;

        Role(TextRole wire) {
            this.wire = wire;
        }
    }

    private final Console console;

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(arity = "1..*", paramLabel = "TEXT|FILE", description = "Texts, or files of one text a line.")
    private List<String> inputs = List.of();

    @Option(
            names = "--role",
            paramLabel = "query|document",
            description = "Side of the match that the texts are on. Default: query.")
    private Role role = Role.QUERY;

    @Option(names = "--show", description = "Show the strongest terms as the tokenizer spells them.")
    private boolean show;

    @Option(names = "--top", paramLabel = "N", description = "Terms shown. Default: ${DEFAULT-VALUE}.")
    private int top = 20;

    /** A command over a console. */
    public EncodeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        try (MillraceClient client = server.connect()) {
            List<String> batch = new ArrayList<>();
            for (String input : inputs) {
                if (!input.equals("-") && !isFile(input)) {
                    add(client, batch, input);
                    continue;
                }
                try (LineReader reader = input.equals("-")
                        ? LineReader.of(console.in(), "<stdin>", LineReader.DEFAULT_MAX_LINE_BYTES)
                        : LineReader.open(Path.of(input))) {
                    for (Line line = reader.next(); line != null; line = reader.next()) {
                        switch (line) {
                            case Line.Unreadable(long number, String reason) ->
                                throw new IOException(reader.name() + ":" + number + ": " + reason);
                            case Line.Text(long number, String text) -> add(client, batch, text);
                        }
                    }
                }
            }
            flush(client, batch);
            return ExitCode.OK;
        }
    }

    private static boolean isFile(String input) {
        try {
            return Files.isRegularFile(Path.of(input));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private void add(MillraceClient client, List<String> batch, String text) {
        batch.add(text);
        if (batch.size() == BATCH) {
            flush(client, batch);
        }
    }

    private void flush(MillraceClient client, List<String> batch) {
        if (batch.isEmpty()) {
            return;
        }
        EncodeResponse response = client.encode(EncodeRequest.newBuilder()
                .addAllTexts(batch)
                .setRole(role.wire)
                .setIncludeTerms(show)
                .build());
        for (int i = 0; i < batch.size(); i++) {
            print(batch.get(i), response.getVectors(i));
        }
        batch.clear();
    }

    private void print(String text, EncodedText encoded) {
        if (output.json()) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("text", text);
            fields.putAll(VectorText.json(encoded.getVector()));
            if (show) {
                fields.put("terms", encoded.getTermsList());
            }
            fields.put("tokens", encoded.getTokens());
            fields.put("truncatedTokens", encoded.getTruncatedTokens());
            console.printJson(fields);
        } else if (show) {
            String cut = encoded.getTruncatedTokens() == 0 ? "" : ", " + encoded.getTruncatedTokens() + " left out";
            console.print("\"" + text + "\"  (" + encoded.getVector().getIdsCount() + " terms from "
                    + encoded.getTokens() + " tokens" + cut + ")");
            VectorText.strongest(encoded.getVector(), encoded.getTermsList(), top)
                    .forEach(console::print);
        } else {
            console.print(VectorText.plain(encoded.getVector()));
            if (encoded.getTruncatedTokens() > 0) {
                console.say("Longer than the model reads, " + encoded.getTruncatedTokens() + " tokens left out: "
                        + HitPrinter.shorten(text, SHOWN_CHARACTERS));
            }
        }
    }
}
