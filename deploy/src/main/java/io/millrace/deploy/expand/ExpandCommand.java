package io.millrace.deploy.expand;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.Progress;
import io.millrace.deploy.local.ModelChoice;
import io.millrace.deploy.local.ModelOptions;
import io.millrace.evaluation.beir.BeirCorpus;
import io.millrace.evaluation.beir.BeirDocument;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.model.generation.Sampling;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code expand}: adds to documents what queries for them could say. */
@Command(
        name = "expand",
        mixinStandardHelpOptions = true,
        description = {
            "Writes a corpus in BEIR's layout whose texts are expanded: by queries that a T5 writes (doc2query, such as",
            "docT5query), or by terms that a TILDE foresees. Documents keep their order. With --out a run that was",
            "interrupted goes on where it stopped."
        },
        footer = {
            "",
            "Examples:",
            "  millrace expand --model doc2query-t5-base --data scifact --queries 40 --out expanded/corpus.jsonl",
            "  millrace expand --model TILDE --method tilde --data scifact > corpus.jsonl"
        })
public final class ExpandCommand implements Callable<Integer> {
    /** Documents expanded together: enough to keep every core busy, few enough to lose little when interrupted. */
    private static final int WINDOW = 64;

    /** How documents are expanded. */
    public enum Method {
        /** By queries that a T5 writes. */
        DOC2QUERY,
        /** By terms that a TILDE foresees. */
        TILDE
    }

    private final Console console;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            required = true,
            description = "Folder with corpus.jsonl, plain or gzipped.")
    private Path data = Path.of("");

    @Option(
            names = "--method",
            paramLabel = "doc2query|tilde",
            description = "How documents are expanded. Default: doc2query.")
    private Method method = Method.DOC2QUERY;

    @Option(
            names = "--queries",
            paramLabel = "N",
            description = "Queries written for each document; docT5query has 40. Default: ${DEFAULT-VALUE}.")
    private int queries = 10;

    @Option(
            names = "--top-k",
            paramLabel = "N",
            description = "Each token is drawn from the N likeliest; 1 = always the likeliest."
                    + " Default: ${DEFAULT-VALUE}.")
    private int topK = Sampling.DOC_T5_QUERY.topTokens();

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Longest query, in tokens. Default: ${DEFAULT-VALUE}.")
    private int maxTokens = Sampling.DOC_T5_QUERY.maxTokens();

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the draws. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--terms",
            paramLabel = "N",
            description = "Likeliest terms that TILDE looks at, before those of the text and stop words are left out."
                    + " Default: ${DEFAULT-VALUE}.")
    private int terms = 128;

    @Option(names = "--only", description = "Write the expansion in place of the text, instead of behind it.")
    private boolean only;

    @Option(names = "--out", paramLabel = "FILE", description = "File to write, or to go on with. Default: stdout.")
    private @Nullable Path out;

    /** A command over a console. */
    public ExpandCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (queries < 1 || terms < 1) {
            throw new IllegalArgumentException(
                    "--queries and --terms must be 1 or more, but are " + queries + " and " + terms);
        }
        Sampling sampling = new Sampling(topK, maxTokens, seed);
        ModelChoice choice = model.named(method == Method.TILDE ? "a TILDE" : "a T5 that writes queries");
        Progress progress = new Progress(console, "Expanding");
        try (BeirCorpus corpus = new BeirFolder(data).corpus();
                ExpandedCorpus expanded =
                        out == null ? ExpandedCorpus.to(console.out()) : ExpandedCorpus.to(out, settings(choice));
                TextExpander expander = method == Method.TILDE
                        ? TildeExpander.open(choice, terms)
                        : QueryExpander.open(choice, queries, sampling)) {
            if (expanded.found() > 0) {
                console.say("Going on behind " + expanded.found() + " documents.");
            }
            long done = 0;
            List<BeirDocument> window = new ArrayList<>();
            for (BeirDocument document = corpus.next(); document != null; document = corpus.next()) {
                if (!expanded.has(document.id())) {
                    window.add(document);
                }
                if (window.size() == WINDOW) {
                    done += expand(window, expander, expanded);
                    progress.update(done, -1);
                }
            }
            done += expand(window, expander, expanded);
            double seconds = progress.finish();
            console.say(String.format(Locale.ROOT, "Expanded %,d documents in %s.", done, Progress.time(seconds)));
        }
        return ExitCode.OK;
    }

    private int expand(List<BeirDocument> window, TextExpander expander, ExpandedCorpus expanded) throws IOException {
        List<String> texts = window.stream().map(BeirDocument::content).toList();
        List<String> expansions = window.isEmpty() ? List.of() : expander.expansions(texts);
        for (int i = 0; i < window.size(); i++) {
            String text = window.get(i).text();
            String added = expansions.get(i);
            expanded.write(window.get(i), only ? added : (text + " " + added).strip());
        }
        expanded.flush();
        int done = window.size();
        window.clear();
        return done;
    }

    private Map<String, Object> settings(ModelChoice choice) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("method", method.name().toLowerCase(Locale.ROOT));
        settings.put("model", choice.folder().toAbsolutePath().normalize().toString());
        settings.put(
                "adapters",
                choice.adapters().stream()
                        .map(adapter -> adapter.toAbsolutePath().normalize().toString())
                        .toList());
        settings.put("precision", choice.precision().label());
        if (method == Method.TILDE) {
            settings.put("terms", terms);
        } else {
            settings.put("queries", queries);
            settings.put("topK", topK);
            settings.put("maxTokens", maxTokens);
            settings.put("seed", seed);
        }
        settings.put("only", only);
        return settings;
    }
}
