package io.millrace.deploy.score;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.local.ModelOptions;
import io.millrace.evaluation.beir.LineReader;
import io.millrace.model.scoring.PairScorer;
import io.millrace.model.scoring.TextPair;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code score}: how well documents answer queries, by a model that reads both together. */
@Command(
        name = "score",
        mixinStandardHelpOptions = true,
        description = {
            "Scores pairs of query and document with a BERT cross-encoder or RankLLaMA: the logit as it is, one a line, in",
            "the order of the pairs. A pair is a line: the query, a tab, the document. The whole file is not kept in memory."
        },
        footer = {
            "",
            "Examples:",
            "  millrace score --model ms-marco-MiniLM-L-6-v2 pairs.tsv",
            "  cut -f2,3 triples.tsv | millrace score --model llama-7b --adapter rankllama -o json -"
        })
public final class ScoreCommand implements Callable<Integer> {
    /** Pairs scored together: enough to sort them by length and keep every core busy. */
    private static final int WINDOW = 256;

    private final Console console;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(paramLabel = "FILE", description = "File of pairs, plain or gzipped, or - for standard input.")
    private String input = "-";

    /** A command over a console. */
    public ScoreCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        var choice = model.named("a scorer");
        try (PairReader reader = new PairReader(
                        input.equals("-")
                                ? LineReader.of(console.in(), "<stdin>", LineReader.DEFAULT_MAX_LINE_BYTES)
                                : LineReader.open(Path.of(input)));
                PairScorer scorer = PairScorer.open(choice.folder(), choice.options())) {
            for (List<TextPair> pairs = reader.next(WINDOW); !pairs.isEmpty(); pairs = reader.next(WINDOW)) {
                float[] scores = scorer.score(pairs);
                for (int i = 0; i < scores.length; i++) {
                    print(pairs.get(i), scores[i]);
                }
            }
        }
        return ExitCode.OK;
    }

    private void print(TextPair pair, float score) {
        if (output.json()) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("query", pair.query());
            fields.put("document", pair.document());
            fields.put("score", score);
            console.printJson(fields);
        } else {
            console.print(Float.toString(score));
        }
    }
}
