package io.millrace.deploy.eval;

import io.millrace.client.ClientOptions;
import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.local.LocalCluster;
import io.millrace.deploy.local.LocalClusterOptions;
import io.millrace.deploy.local.ModelOptions;
import io.millrace.evaluation.beir.BeirFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code eval}: indexes a BEIR collection and says how well its queries are answered. */
@Command(
        name = "eval",
        mixinStandardHelpOptions = true,
        description = {
            "Indexes a collection in BEIR's layout, asks its judged queries, and prints nDCG@10, Recall@100 and MRR@10",
            "as trec_eval computes them. Everything goes through a cluster: one started for the purpose, with its data",
            "in a temporary folder, or the one named with --server (in a collection of its own, dropped at the end).",
            "With -o json the last line of stdout is one object with the metrics."
        },
        footer = {
            "",
            "Examples:",
            "  millrace eval --data scifact",
            "  millrace eval --data scifact --model my-checkpoint --split test -o json | tail -n 1"
        })
public final class EvalCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            required = true,
            description = "Folder with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv, plain or gzipped.")
    private Path data = Path.of("");

    @Option(names = "--split", paramLabel = "NAME", description = "Judgements to use. Default: ${DEFAULT-VALUE}.")
    private String split = "test";

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            description = "Use a running cluster, with its model, instead of starting one.")
    private @Nullable String server;

    @Option(
            names = "--parallel",
            paramLabel = "N",
            description = "Batches of queries under way at a time. Default: ${DEFAULT-VALUE}.")
    private int parallel = 4;

    /** A command over a console. */
    public EvalCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (server != null && model.given()) {
            throw new IllegalArgumentException("a model cannot be chosen with --server: its workers have theirs");
        }
        EvalRun run = new EvalRun(console, new BeirFolder(data), split, parallel);
        run.readQueries();
        Map<String, Object> result;
        if (server != null) {
            try (MillraceClient client = connect(server)) {
                result = run.evaluate(client);
            }
        } else {
            try (ScratchFolder folder = ScratchFolder.create();
                    LocalCluster cluster =
                            LocalCluster.start(LocalClusterOptions.of(folder.path(), model.choice(), 0));
                    MillraceClient client = connect(cluster.address())) {
                result = run.evaluate(client);
            }
        }
        if (output.json()) {
            console.printJson(result);
        } else {
            result.forEach((name, value) -> console.print(name + ": " + value));
        }
        return ExitCode.OK;
    }

    private static MillraceClient connect(String address) {
        return MillraceClient.connect(ClientOptions.forServer(address).withCallTimeout(Duration.ofMinutes(1)));
    }
}
