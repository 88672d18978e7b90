package io.millrace.deploy.score;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.Progress;
import io.millrace.deploy.local.ModelChoice;
import io.millrace.deploy.local.ModelOptions;
import io.millrace.evaluation.beir.LineReader;
import io.millrace.model.scoring.Scorer;
import io.millrace.model.scoring.TextPair;
import io.millrace.trainer.data.format.HardNegativeFile;
import io.millrace.trainer.data.format.HardNegatives;
import io.millrace.trainer.data.format.TextRepair;
import io.millrace.trainer.data.source.Collection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code score}: how well documents answer queries, by a model that reads both together or each by itself. */
@Command(
        name = "score",
        mixinStandardHelpOptions = true,
        description = {
            "Scores pairs of query and document with a BERT cross-encoder or RankLLaMA (the logit as it is), or with a dense",
            "bi-encoder that sentence-transformers saved (cosine or dot product, as it says): one score a line, in the order",
            "of the pairs. A pair is a line: the query, a tab, the document. The whole file is not kept in memory. With",
            "--candidates it scores the positives and negatives of a file of hard negatives, for a trainer to distil from."
        },
        footer = {
            "",
            "Examples:",
            "  millrace score --model ms-marco-MiniLM-L-6-v2 pairs.tsv",
            "  cut -f2,3 triples.tsv | millrace score --model llama-7b --adapter rankllama -o json -",
            "  millrace score --model all-MiniLM-L6-v2 --candidates hard-negatives.jsonl --queries queries.train.tsv \\",
            "      --documents collection.tsv --form kd > kd.jsonl"
        })
public final class ScoreCommand implements Callable<Integer> {
    /** Pairs scored together: enough to sort them by length and keep every core busy. */
    private static final int WINDOW = 256;

    private final Console console;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(
            paramLabel = "FILE",
            arity = "0..1",
            description = "File of pairs, plain or gzipped, or - for standard input; left out with --candidates.")
    private @Nullable String input;

    /** What is written of candidates. */
    enum Form {
        /** {@code {"qid", "query", "doc_ids", "docs", "scores"}}, a line a positive: it and all negatives. */
        KD,
        /** {@code {"query id": {"document id": score}}}, a line a query. */
        SCORES
    }

    @Option(
            names = "--candidates",
            paramLabel = "FILE",
            description =
                    "Hard negatives whose documents are scored, as `millrace mine` writes them, instead of pairs.")
    private @Nullable Path candidates;

    @Option(names = "--queries", paramLabel = "FILE", description = "Queries of the candidates: .tsv or .jsonl.")
    private @Nullable Path queries;

    @Option(names = "--documents", paramLabel = "FILE", description = "Documents of the candidates: .tsv or .jsonl.")
    private @Nullable Path documents;

    @Option(
            names = "--form",
            paramLabel = "kd|scores",
            description = "What is written of candidates: lines with texts, or scores by id. Default: kd.")
    private Form form = Form.KD;

    @Option(
            names = "--stores",
            paramLabel = "DIR",
            description =
                    "Where files that are looked up by id are indexed. Default: a folder `stores` beside the candidates.")
    private @Nullable Path stores;

    /** A command over a console. */
    public ScoreCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        var choice = model.named("a scorer");
        if (candidates != null && input == null) {
            return scoreCandidates(choice, candidates);
        }
        if (candidates == null && input != null) {
            return scorePairs(choice, input);
        }
        throw new IllegalArgumentException(
                "there is " + (input == null ? "no file of pairs" : "a file of pairs and one of candidates")
                        + "; give a file of pairs (- for standard input), or --candidates");
    }

    private int scorePairs(ModelChoice choice, String file) throws IOException {
        try (PairReader reader = new PairReader(
                        file.equals("-")
                                ? LineReader.of(console.in(), "<stdin>", LineReader.DEFAULT_MAX_LINE_BYTES)
                                : LineReader.open(Path.of(file)));
                Scorer scorer = Scorer.open(choice.folder(), choice.options())) {
            for (List<TextPair> pairs = reader.next(WINDOW); !pairs.isEmpty(); pairs = reader.next(WINDOW)) {
                float[] scores = scorer.score(pairs);
                for (int i = 0; i < scores.length; i++) {
                    print(pairs.get(i), scores[i]);
                }
            }
        }
        return ExitCode.OK;
    }

    private int scoreCandidates(ModelChoice choice, Path file) throws IOException {
        if (queries == null || documents == null) {
            throw new IllegalArgumentException("--candidates needs --queries and --documents, where their texts are");
        }
        Path indexed = stores == null ? file.resolveSibling("stores") : stores;
        try (Collection texts = Collection.open(queries, documents, indexed, TextRepair.NONE);
                HardNegativeFile lines = HardNegativeFile.open(file, indexed);
                Scorer scorer = Scorer.open(choice.folder(), choice.options())) {
            Progress progress = new Progress(console, "Scoring");
            CandidateScores candidateScores = new CandidateScores(texts, scorer);
            for (long line = 0; line < lines.size(); line++) {
                Optional<HardNegatives> candidate = lines.at(line);
                if (candidate.isPresent()) {
                    for (Map<String, ?> scored : form == Form.KD
                            ? candidateScores.distillation(candidate.get())
                            : candidateScores.byId(candidate.get())) {
                        console.printJson(scored);
                    }
                }
                progress.update(line + 1, (double) (line + 1) / lines.size());
            }
            progress.finish();
            if (candidateScores.missing() > 0) {
                console.say(candidateScores.missing()
                        + " queries or documents of the candidates have no text and were left out.");
                return ExitCode.SOME_REFUSED;
            }
            return ExitCode.OK;
        }
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
