package io.millrace.deploy.reproduce;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OptionBounds;
import io.millrace.deploy.eval.TestCollection;
import io.millrace.deploy.local.DeviceOptions;
import io.millrace.evaluation.beir.BeirDocument;
import io.millrace.model.device.DeviceChoice;
import io.millrace.model.engine.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code reproduce}: the tables and figures of the Decoder4LSR paper. */
@Command(
        name = "reproduce",
        mixinStandardHelpOptions = true,
        description = {
            "Runs the tables and figures of \"Leveraging Decoder Architectures for Learned Sparse Retrieval\" (Qiao et al. 2025) on",
            "a collection in MS MARCO's layout: collection.tsv, and queries.NAME.tsv with qrels.NAME.tsv (or .txt) for each split.",
            "Where a split has grades above 1, as in TREC's deep-learning tracks, documents are relevant from grade 2 on.",
            "Every row whose weights lie in a sub-directory of --weights is measured through a cluster; the others are named as",
            "missing. A row is refused if its weights are of another kind. Reports are written after each row, as Markdown, HTML",
            "and JSON."
        },
        footer = {
            "",
            "Examples:",
            "  millrace reproduce --list",
            "  millrace reproduce --data msmarco --weights weights --out report",
            "  millrace reproduce --data msmarco --splits dl19,dl20 --weights weights --out report --device cuda"
        })
public final class ReproduceCommand implements Callable<Integer> {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Console console;

    @Option(names = "--list", description = "List the rows: table, folder of weights, and what these must be.")
    private boolean list;

    @Option(names = "--data", paramLabel = "DIR", description = "Folder of the collection.")
    private @Nullable Path data;

    @Option(names = "--splits", paramLabel = "NAMES", split = ",", description = "Splits to use. Default: all.")
    private List<String> splits = new ArrayList<>();

    @Option(
            names = "--weights",
            paramLabel = "DIR",
            description = "Folder with a sub-directory for each row; see --list.")
    private @Nullable Path weights;

    @Option(names = "--out", paramLabel = "DIR", description = "Where report.md, report.html and report.json go.")
    private @Nullable Path out;

    @Option(
            names = "--text",
            paramLabel = "TEXT",
            description = "The text of figure 1. Default: the collection's first passage.")
    private @Nullable String text;

    @Option(
            names = "--teacher-depth",
            paramLabel = "N",
            description = "Documents of BM25 that teachers rank anew, 1 to 1000. Default: ${DEFAULT-VALUE}.")
    private int teacherDepth = 100;

    @Mixin
    private final DeviceOptions compute = new DeviceOptions();

    /** A command over a console. */
    public ReproduceCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (list) {
            print();
            return ExitCode.OK;
        }
        if (data == null || weights == null || out == null) {
            throw new IllegalArgumentException("--data, --weights and --out are needed; --list names the rows");
        }
        if (!Files.isDirectory(weights)) {
            throw new IllegalArgumentException(
                    weights + " is no folder; --weights holds a sub-directory for each row, which --list names");
        }
        OptionBounds.atLeast("--teacher-depth", teacherDepth, 1);
        Precision format = compute.precision();
        DeviceChoice place = compute.device();
        PaperCollection collection = PaperCollection.read(data, splits);
        Figures figures = new Figures(text == null ? firstPassage(collection) : text);
        RowRunner runner = new RowRunner(
                console, collection, new RowRunner.Settings(weights, teacherDepth, format, place), figures);
        Map<PaperRow, RowResult> results = new LinkedHashMap<>();
        PaperReport report = new PaperReport(collection, results, figures, teacherDepth);
        Files.createDirectories(out);
        for (PaperRow row : PaperTable.rowsOnce()) {
            results.put(row, runner.measure(row));
            write(out, report);
        }
        conclude(report, results.size());
        return report.failed().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }

    private void print() {
        for (PaperTable table : PaperTable.ALL) {
            console.print("Table " + table.number() + ". " + table.title());
            for (PaperRow row : table.rows()) {
                String folder = row.weights().isEmpty() ? "-" : row.weights() + "/";
                console.print(String.format(
                        "  %-38s %-50s %s", folder, row.name(), row.kind().needs()));
            }
        }
    }

    private static String firstPassage(PaperCollection collection) throws IOException {
        try (TestCollection.Documents documents = collection.all().documents()) {
            BeirDocument first = documents.next();
            if (first == null) {
                throw new IOException(collection.all().folder() + " has no passages");
            }
            return first.content();
        }
    }

    private static void write(Path folder, PaperReport report) throws IOException {
        Files.writeString(folder.resolve("report.md"), report.markdown());
        Files.writeString(folder.resolve("report.html"), report.html());
        Files.writeString(folder.resolve("report.json"), JSON.writeValueAsString(report.json()));
    }

    private void conclude(PaperReport report, int rows) {
        List<String> missing = report.missing();
        Map<String, String> failed = report.failed();
        console.print((rows - missing.size() - failed.size()) + " of " + rows + " rows measured, " + missing.size()
                + " missing, " + failed.size() + " failed. The report is in " + out);
        if (!missing.isEmpty()) {
            console.print("Missing weights: " + String.join(", ", missing));
        }
        failed.forEach((row, reason) -> console.say(row + ": " + reason));
    }
}
