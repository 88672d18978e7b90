package io.millrace.deploy.mine;

import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.CollectionOption;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.ServerOptions;
import io.millrace.evaluation.Qrels;
import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.format.JudgementFile;
import io.millrace.trainer.data.format.PassageReader;
import io.millrace.trainer.data.pool.Digests;
import io.millrace.trainer.data.source.Relevance;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mine}: hard negatives from a running cluster. */
@Command(
        name = "mine",
        mixinStandardHelpOptions = true,
        description = {
            "Searches for the queries of a file and writes what was found and not judged relevant, as hard negatives to",
            "train on: a line {\"qid\", \"pos\": [ids], \"neg\": {NAME: [ids]}} a query, with ranks and scores beside them.",
            "Which documents are found is up to the collection's model: BM25, or the model that is trained itself. Queries",
            "without a relevant document are left out. A run that was cut off goes on when it is started again."
        },
        footer = {
            "",
            "Examples:",
            "  millrace mine --queries queries.train.tsv --qrels qrels.train.tsv --out hard-negatives.jsonl",
            "  millrace mine --queries queries.jsonl --qrels qrels/train.tsv -c bm25 --negatives 25@50,25@1000 \\",
            "      --shared-ids --out bm25.jsonl"
        })
public final class MineCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Mixin
    private final CollectionOption collection = new CollectionOption();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Option(
            names = "--queries",
            paramLabel = "FILE",
            required = true,
            description = "Queries: id, tab and text a line, or JSON lines with _id and text if the name says .jsonl.")
    private Path queries = Path.of("");

    @Option(
            names = "--qrels",
            paramLabel = "FILE",
            required = true,
            description = "Judgements in TREC's or BEIR's form; what has a grade above 0 is no negative.")
    private Path judgements = Path.of("");

    @Option(
            names = "--out",
            paramLabel = "FILE",
            required = true,
            description = "File to write; until it is finished it is FILE.unfinished.")
    private Path out = Path.of("");

    @Option(
            names = "--depth",
            paramLabel = "N",
            description = "Hits that negatives are drawn from, up to 10000. Default: ${DEFAULT-VALUE}.")
    private int depth = 200;

    @Option(
            names = "--negatives",
            paramLabel = "SPEC",
            description =
                    "How many are drawn: 50, or 25@50,25@1000 for 25 of the first 50 hits and 25 more of the first 1000. "
                            + "Default: ${DEFAULT-VALUE}.")
    private String negatives = "50";

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the draws. Default: ${DEFAULT-VALUE}.")
    private long seed = 42;

    @Option(
            names = "--system",
            paramLabel = "NAME",
            description = "Name that the negatives stand under. Default: that of the collection.")
    private @Nullable String system;

    @Option(
            names = "--shared-ids",
            description =
                    "A document with the query's id is the query itself and no negative, as in BEIR's collections.")
    private boolean sharedIds;

    /** A command over a console. */
    public MineCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<DepthRange> ranges = DepthRange.parse(negatives, depth);
        Qrels qrels = JudgementFile.read(judgements);
        List<Passage> asked = PassageReader.readAll(queries);
        try (MillraceClient client = server.connect()) {
            String name = collection.resolve(client);
            MineSettings settings = new MineSettings(
                    name,
                    client.describeCollection(name).getSpaceId(),
                    system == null ? name : system,
                    ranges,
                    seed,
                    sharedIds,
                    Digests.of(
                            Digests.of(asked.stream().map(Passage::toString).toArray(String[]::new)),
                            new Relevance(qrels).digest()));
            try (MinedFile file = MinedFile.open(out, settings.fields())) {
                if (file.size() > 0) {
                    console.say("Going on behind " + file.size() + " queries.");
                }
                MineRun run = new MineRun(console, client, settings, qrels);
                run.run(asked, file);
                file.finish();
                report(file, run);
                return run.refused() > 0 ? ExitCode.SOME_REFUSED : ExitCode.OK;
            }
        }
    }

    private void report(MinedFile file, MineRun run) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("file", out.toString());
        result.put("queries", file.size());
        result.put("withoutPositives", run.withoutPositives());
        result.put("refused", run.refused());
        if (output.json()) {
            console.printJson(result);
        } else {
            console.print(file.size() + " queries in " + out + "; " + run.withoutPositives()
                    + " had no relevant document, " + run.refused() + " were refused");
        }
    }
}
