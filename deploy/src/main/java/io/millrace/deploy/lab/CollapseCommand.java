package io.millrace.deploy.lab;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.model.contract.ReadingMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lab collapse}: whether decoders collapse under a sparse head, with and without adaptation. */
@Command(
        name = "collapse",
        mixinStandardHelpOptions = true,
        description = {
            "Trains tiny decoders on WordNet's texts and contrasts them with a sparse head, with and without CSPLADE's",
            "adaptation, everything else equal, and writes what became of each: DIR/collapse-lab.md, .html and .jsonl. The",
            "first rate, lambda and mode are what the others are held against: each further one is tried with the first of",
            "the other two. A lab that was stopped goes on when the command is given again."
        },
        footer = {
            "",
            "Examples:",
            "  millrace lab collapse --out runs/collapse-lab",
            "  millrace lab collapse --out runs/more --seeds 5 --rates 1e-3,3e-3 --modes causal"
        })
public final class CollapseCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "Folder of runs and results.")
    private Path out = Path.of("collapse-lab");

    @Option(names = "--seeds", paramLabel = "N", description = "Seeds of each arm. Default: ${DEFAULT-VALUE}.")
    private int seeds = 3;

    @Option(
            names = "--rates",
            paramLabel = "RATE",
            split = ",",
            description = "Learning rates of contrastive training. Default: ${DEFAULT-VALUE}.")
    private List<Double> rates = List.of(3e-3, 1e-3, 1e-2);

    @Option(
            names = "--lambdas",
            paramLabel = "LAMBDA",
            split = ",",
            description = "Weights of the FLOPS regularisers. Default: ${DEFAULT-VALUE}.")
    private List<Double> lambdas = List.of(0.003, 0.03);

    @Option(
            names = "--modes",
            paramLabel = "MODE",
            split = ",",
            description = "Ways of reading: causal, echo, bidirectional. Default: all.")
    private List<ReadingMode> modes = List.of(ReadingMode.CAUSAL, ReadingMode.ECHO, ReadingMode.BIDIRECTIONAL);

    @Option(names = "--no-random", description = "Leave out the arm of random weights.")
    private boolean noRandom;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "Steps of contrastive training, 20 or more. Default: ${DEFAULT-VALUE}.")
    private int steps = 400;

    @Option(
            names = "--language-steps",
            paramLabel = "N",
            description = "Steps of next-token training before the arms part, and again in each arm, 10 or more."
                    + " Default: ${DEFAULT-VALUE}.")
    private int languageSteps = 300;

    @Option(names = "--layers", paramLabel = "N", description = "Layers of the decoder. Default: ${DEFAULT-VALUE}.")
    private int layers = 2;

    @Option(
            names = "--width",
            paramLabel = "N",
            description = "Width of the decoder, a multiple of 32. Default: ${DEFAULT-VALUE}.")
    private int width = 64;

    @Option(
            names = "--vocabulary",
            paramLabel = "N",
            description = "Pieces of words, 256 or more. Default: ${DEFAULT-VALUE}.")
    private int vocabulary = 2048;

    @Option(
            names = "--entries",
            paramLabel = "N",
            description = "Entries of WordNet that are read. Default: ${DEFAULT-VALUE}.")
    private int entries = 60_000;

    @Option(
            names = "--held-out",
            paramLabel = "N",
            description = "Entries whose sentences are asked for, 30 or more. Default: ${DEFAULT-VALUE}.")
    private int heldOut = 200;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that compute. Default: ${DEFAULT-VALUE}.")
    private int threads = 1;

    /** A command over a console. */
    public CollapseCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        least("--steps", steps, 20);
        least("--language-steps", languageSteps, 10);
        least("--layers", layers, 1);
        least("--vocabulary", vocabulary, 256);
        least("--held-out", heldOut, 30);
        least("--threads", threads, 1);
        if (width < 32 || width % 32 != 0) {
            throw new IllegalArgumentException("--width is " + width + "; give a multiple of 32");
        }
        LabPlan plan = new LabPlan(
                new RandomDecoder(layers, width, width / 16),
                new LabPlan.Corpus(entries, heldOut, vocabulary),
                // At this rate such a decoder's cross-entropy falls without a jump, from 7.6 to 4.9 nats in 300 steps.
                new LabPlan.Language(languageSteps, languageSteps, 16, 96, 3e-3),
                new LabPlan.Ranking(steps, 32, 32, Math.max(1, steps / 10)),
                new LabPlan.Sweep(seeds, rates, lambdas, modes, !noRandom));
        Files.createDirectories(out);
        CollapseLab.Outcome outcome = new CollapseLab(plan, out, threads, console::say).run();
        CollapseReport report = new CollapseReport(plan, outcome);
        Files.writeString(out.resolve("collapse-lab.md"), report.markdown());
        Files.writeString(out.resolve("collapse-lab.html"), report.page());
        Files.write(out.resolve("collapse-lab.jsonl"), report.lines());
        report.table().text().forEach(console::print);
        return ExitCode.OK;
    }

    private static void least(String option, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(option + " is " + value + "; give " + least + " or more");
        }
    }
}
