package io.millrace.deploy.score;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.trainer.data.format.ScoreFile;
import io.millrace.trainer.teacher.AffineMap;
import io.millrace.trainer.teacher.AffineScores;
import io.millrace.trainer.teacher.FileScores;
import io.millrace.trainer.teacher.MinMaxEnsemble;
import io.millrace.trainer.teacher.ScoreReport;
import io.millrace.trainer.teacher.ScoreSource;
import io.millrace.trainer.teacher.ScoreStatistics;
import io.millrace.trainer.teacher.ScoreWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code teacher}: looks at teachers' scores, joins them and brings them to another scale. */
@Command(
        name = "teacher",
        mixinStandardHelpOptions = true,
        description = {
            "Measures a teacher's scores, {\"query id\": {\"document id\": score}}: count, mean, deviation and histogram. Several",
            "files are joined: each query's scores are brought to [0, 1] by their least and largest, teacher by teacher, and",
            "their mean is taken. With --match, or --mean and --std, scores are mapped to that mean and deviation, and shown",
            "before and after."
        },
        footer = {
            "",
            "Examples:",
            "  millrace teacher minilm-scores.json.gz",
            "  millrace teacher rankllama.json.gz --match minilm-scores.json.gz --out matched.json.gz --csv figure-3.csv",
            "  millrace teacher a.json b.json c.json --match a.json --out ensemble.json -o json"
        })
public final class TeacherCommand implements Callable<Integer> {
    private static final int MOST_CELLS = 40;

    private final Console console;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(paramLabel = "FILE", arity = "1..*", description = "Files of scores, plain or gzipped.")
    private List<Path> files = new ArrayList<>();

    @Option(names = "--match", paramLabel = "FILE", description = "Scores whose mean and deviation are matched.")
    private @Nullable Path match;

    @Option(names = "--mean", paramLabel = "X", description = "Mean to map to, with --std.")
    private @Nullable Double mean;

    @Option(names = "--std", paramLabel = "X", description = "Standard deviation to map to, with --mean.")
    private @Nullable Double deviation;

    @Option(names = "--out", paramLabel = "FILE", description = "Write the scores, joined and mapped; .gz compresses.")
    private @Nullable Path out;

    @Option(names = "--csv", paramLabel = "FILE", description = "Write the histograms as from,to,before,after.")
    private @Nullable Path csv;

    @Option(names = "--bins", paramLabel = "N", description = "Bins of the histograms. Default: ${DEFAULT-VALUE}.")
    private int bins = 50;

    @Option(
            names = "--stores",
            paramLabel = "DIR",
            description = "Where scores are kept for looking up. Default: a folder `stores` beside the first file.")
    private @Nullable Path stores;

    /** A command over a console. */
    public TeacherCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if ((mean == null) != (deviation == null) || (match != null && mean != null)) {
            throw new IllegalArgumentException("give --mean and --std together, or --match, or none of them");
        }
        Deque<ScoreFile> opened = new ArrayDeque<>();
        try {
            List<ScoreSource> teachers = new ArrayList<>();
            for (Path file : files) {
                teachers.add(open(file, opened));
            }
            ScoreSource teacher = teachers.size() == 1 ? teachers.getFirst() : new MinMaxEnsemble(teachers);
            AffineMap map = map(teacher, opened);
            ScoreReport report = ScoreReport.of(teacher, map, bins);
            if (out != null) {
                ScoreWriter.write(map.equals(AffineMap.IDENTITY) ? teacher : new AffineScores(teacher, map), out);
            }
            if (csv != null) {
                Files.writeString(csv, report.csv());
            }
            print(report);
            return ExitCode.OK;
        } finally {
            opened.forEach(ScoreFile::close);
        }
    }

    private FileScores open(Path file, Deque<ScoreFile> opened) throws IOException {
        Path kept = stores == null ? files.getFirst().resolveSibling("stores") : stores;
        ScoreFile scores = ScoreFile.open(file, kept);
        opened.push(scores);
        return new FileScores(scores);
    }

    private AffineMap map(ScoreSource teacher, Deque<ScoreFile> opened) throws IOException {
        if (match != null) {
            return AffineMap.matching(ScoreStatistics.of(teacher), ScoreStatistics.of(open(match, opened)));
        }
        return mean == null || deviation == null
                ? AffineMap.IDENTITY
                : AffineMap.to(ScoreStatistics.of(teacher), mean, deviation);
    }

    private void print(ScoreReport report) {
        if (output.json()) {
            console.printJson(report.fields());
            return;
        }
        boolean mapped = !report.map().equals(AffineMap.IDENTITY);
        console.print(line(mapped ? "before" : "scores", report.before()));
        if (mapped) {
            console.print(line("after", report.after()));
            console.print(String.format(
                    Locale.ROOT,
                    "t' = %.6g t %+.6g",
                    report.map().scale(),
                    report.map().shift()));
        }
        List<Long> counts = mapped
                ? report.histogramAfter().counts()
                : report.histogramBefore().counts();
        long most = counts.stream().mapToLong(Long::longValue).max().orElse(1);
        for (int bin = 0; bin < counts.size(); bin++) {
            console.print(String.format(
                    Locale.ROOT,
                    "%9.3f  %s %,d",
                    report.histogramAfter().edge(bin),
                    "█".repeat((int) (counts.get(bin) * MOST_CELLS / Math.max(1, most))),
                    counts.get(bin)));
        }
    }

    private static String line(String name, ScoreStatistics statistics) {
        return String.format(
                Locale.ROOT,
                "%-7s %,d scores, mean %.6g, deviation %.6g, from %.6g to %.6g",
                name,
                statistics.count(),
                statistics.mean(),
                statistics.standardDeviation(),
                statistics.least(),
                statistics.largest());
    }
}
