package io.millrace.deploy.lexical;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.Progress;
import io.millrace.evaluation.beir.BeirCorpus;
import io.millrace.evaluation.beir.BeirDocument;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.model.lexical.Bm25;
import io.millrace.model.lexical.CorpusStatistics;
import io.millrace.model.lexical.LexicalSettings;
import io.millrace.model.lexical.TextAnalysis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lexical}: makes the BM25 model of a corpus. */
@Command(
        name = "lexical",
        mixinStandardHelpOptions = true,
        description = {
            "Makes a BM25 model from a corpus in BEIR's layout: a folder that every --model takes like a checkpoint.",
            "Documents get weights of term frequency and length, queries of document frequency; the score of a search is",
            "BM25 over title and text. The corpus is read once, document by document."
        },
        footer = {
            "",
            "Examples:",
            "  millrace lexical --data scifact --out bm25-scifact",
            "  millrace eval --data scifact --model bm25-scifact"
        })
public final class LexicalCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            required = true,
            description = "Folder with corpus.jsonl, plain or gzipped.")
    private Path data = Path.of("");

    @Option(
            names = "--out",
            paramLabel = "DIR",
            required = true,
            description = "Folder of the model; a lexical model in it is replaced.")
    private Path out = Path.of("");

    @Option(names = "--name", paramLabel = "NAME", description = "Name of the model. Default: that of its folder.")
    private @Nullable String name;

    @Option(
            names = "--analyzer",
            paramLabel = "NAME",
            description = "english (stemmed, without stop words), standard or whitespace. Default: ${DEFAULT-VALUE}.")
    private String analyzer = "english";

    @Option(
            names = "--k1",
            paramLabel = "X",
            description = "How soon repetitions of a term saturate. Default: ${DEFAULT-VALUE}.")
    private double k1 = Bm25.ANSERINI.k1();

    @Option(
            names = "--b",
            paramLabel = "X",
            description = "How much longer documents are held back, 0 to 1. Default: ${DEFAULT-VALUE}.")
    private double b = Bm25.ANSERINI.b();

    /** A command over a console. */
    public LexicalCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        refuseCheckpoint();
        LexicalSettings settings =
                new LexicalSettings(name == null ? folderName(out) : name, TextAnalysis.of(analyzer), new Bm25(k1, b));
        CorpusStatistics statistics = new CorpusStatistics(settings);
        Progress progress = new Progress(console, "Counting");
        long documents = 0;
        try (BeirCorpus corpus = new BeirFolder(data).corpus()) {
            for (BeirDocument document = corpus.next(); document != null; document = corpus.next()) {
                statistics.add(document.content());
                progress.update(++documents, -1);
            }
        }
        progress.finish();
        CorpusStatistics.Summary summary = statistics.write(out);
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("documents", summary.documents());
        result.put("averageLength", Math.round(summary.averageLength() * 100) / 100.0);
        result.put("terms", summary.termIds() + summary.sharedIds());
        result.put("termsThatShareAnId", summary.sharedIds());
        result.put("emptyDocuments", documents - summary.documents());
        result.put("truncatedDocuments", summary.truncatedDocuments());
        if (output.json()) {
            console.printJson(result);
        } else {
            result.forEach((key, value) -> console.print(key + ": " + value));
        }
        return ExitCode.OK;
    }

    /** A lexical.json beside a checkpoint would hide it. */
    private void refuseCheckpoint() {
        if (Files.exists(out.resolve("config.json"))) {
            throw new IllegalArgumentException(out + " holds a checkpoint; give --out a folder of its own");
        }
    }

    private static String folderName(Path folder) {
        Path last = folder.toAbsolutePath().normalize().getFileName();
        return last == null ? "bm25" : last.toString();
    }
}
