package io.millrace.deploy.fsck;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.index.fsck.Fsck;
import io.millrace.index.fsck.FsckReport;
import io.millrace.index.fsck.FsckTotals;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code fsck}: whether an index server's data is whole. */
@Command(
        name = "fsck",
        mixinStandardHelpOptions = true,
        description = {
            "Checks the data directory of a stopped index server: the checksums of every file and value, and that documents,",
            "vectors, segments and postings of each shard agree. Prints a sentence for each piece of damage, the first 100,",
            "and repairs nothing. Needs memory for the largest segment."
        },
        footer = {"", "Examples:", "  millrace fsck shard-a", "  millrace fsck shard-a -o json"})
public final class FsckCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "DATA_DIR", description = "What the index server has as --data-dir.")
    private Path directory = Path.of("");

    @Mixin
    private final OutputOptions output = new OutputOptions();

    /** A command over a console. */
    public FsckCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        FsckReport report = Fsck.check(directory);
        if (output.json()) {
            console.printJson(json(report));
        } else {
            print(report);
        }
        return report.isClean() ? ExitCode.OK : ExitCode.DAMAGED;
    }

    private void print(FsckReport report) {
        report.notes().forEach(note -> console.say("note: " + note));
        report.findings().forEach(console::print);
        long more = report.damages() - report.findings().size();
        if (more > 0) {
            console.print("and " + more + " more");
        }
        FsckTotals totals = report.totals();
        console.print(String.format(
                Locale.ROOT,
                "%s: %,d shards, %,d documents, %,d segments with %,d postings, %.1f MiB checked in %.1f s",
                report.isClean() ? "clean" : "DAMAGED in " + report.damages() + " places",
                totals.shards(),
                totals.documents(),
                totals.segments(),
                totals.postings(),
                totals.bytes() / (double) (1 << 20),
                report.seconds()));
    }

    private static Map<String, Object> json(FsckReport report) {
        FsckTotals totals = report.totals();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("clean", report.isClean());
        json.put("damages", report.damages());
        json.put("findings", report.findings());
        json.put("notes", report.notes());
        json.put("shards", totals.shards());
        json.put("documents", totals.documents());
        json.put("segments", totals.segments());
        json.put("postings", totals.postings());
        json.put("bytes", totals.bytes());
        json.put("seconds", report.seconds());
        return json;
    }
}
