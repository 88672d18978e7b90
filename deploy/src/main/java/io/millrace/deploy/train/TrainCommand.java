package io.millrace.deploy.train;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.preset.NamedContract;
import io.millrace.trainer.recipe.InvalidRecipeException;
import io.millrace.trainer.recipe.RecipeSource;
import io.millrace.trainer.run.DivergedException;
import io.millrace.trainer.run.RunControl;
import io.millrace.trainer.run.RunOutcome;
import io.millrace.trainer.run.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code train}: takes the steps of a recipe. */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        description = {
            "Trains a checkpoint as a recipe says. A run that was stopped, or killed at whatever moment, goes on where it",
            "was when the command is given again, and takes the same steps to the last bit. The folder holds the log, the",
            "saved states, a report with its curves, and the checkpoints: best, by the recipe's validation, and last."
        },
        footer = {
            "",
            "Examples:",
            "  millrace train trainer/recipes/splade-tiny-beir.yaml",
            "  millrace train recipe.yaml --out runs/first --threads 8",
            "  millrace train recipe.yaml --check          says whether the recipe and its data can be read, and ends"
        })
public final class TrainCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(paramLabel = "RECIPE", description = "File of the recipe, YAML.")
    private Path recipe = Path.of("recipe.yaml");

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder of the run. Default: runs/ and the name of the recipe's file.")
    private Optional<Path> out = Optional.empty();

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = {
                "Threads that compute; default: one a processor. A run goes on with the number that it began with, or its",
                "roundings change."
            })
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--check", description = "Say whether the recipe can be understood, and end.")
    private boolean check;

    /** A command over a console. */
    public TrainCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<RecipeSource> sources = RecipeSource.read(recipe);
        if (sources.getFirst().followsPrevious()) {
            throw new InvalidRecipeException(sources.getFirst().name() + ".base is " + RecipeSource.PREVIOUS
                    + ", but there is no recipe before it; name a checkpoint");
        }
        if (threads < 1) {
            throw new IllegalArgumentException("--threads is " + threads + "; give 1 or more");
        }
        Path folder = out.orElseGet(() -> Path.of("runs", stem()));
        List<RunOutcome> outcomes = new ArrayList<>();
        RunControl control = new RunControl();
        // Ctrl-C ends the step that is being taken, saves, and then lets the process go.
        Thread main = Thread.currentThread();
        Thread hook = new Thread(() -> stop(control, main), "millrace-train-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            Optional<Path> previous = Optional.empty();
            for (int i = 0; i < sources.size(); i++) {
                RecipeSource source = sources.get(i);
                if (source.followsPrevious() && previous.isPresent()) {
                    source = source.withBase(previous.get());
                }
                Path own = sources.size() == 1 ? folder : folder.resolve(String.valueOf(i + 1));
                TrainingRun run = TrainingRun.open(contracted(source, own), own, threads);
                if (check) {
                    console.say(
                            source.name() + " is understood: " + run.recipe().steps() + " steps from "
                                    + run.recipe().base());
                    previous = Optional.of(run.recipe().base());
                    continue;
                }
                RunOutcome outcome = run(run, own, control);
                outcomes.add(outcome);
                previous = outcome.checkpoint();
                if (outcome.reason() == RunOutcome.Reason.STOPPED) {
                    break;
                }
            }
        } finally {
            unhook(hook);
        }
        outcomes.forEach(this::print);
        return ExitCode.OK;
    }

    /** A recipe that names a preset, with the contract that it gives the base. */
    static RecipeSource contracted(RecipeSource source, Path folder) throws IOException {
        Optional<String> preset = source.text("preset");
        Optional<String> base = source.text("base");
        if (preset.isEmpty() || base.isEmpty()) {
            return source;
        }
        Files.createDirectories(folder);
        Path contract = folder.resolve("contract.json").toAbsolutePath();
        Files.writeString(
                contract,
                NamedContract.of(preset.get(), source.folder().resolve(base.get()))
                        .toString());
        return source.with("preset", "contract", contract.toString());
    }

    private String stem() {
        return String.valueOf(recipe.getFileName()).replaceFirst("\\.ya?ml$", "");
    }

    private static void stop(RunControl control, Thread main) {
        control.stop();
        try {
            main.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void unhook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending already, which is why the run stopped.
            return;
        }
    }

    private RunOutcome run(TrainingRun run, Path folder, RunControl control) throws IOException, InterruptedException {
        RunReport report = new RunReport(folder);
        RunProgress progress = new RunProgress(console, run.recipe());
        try {
            RunOutcome outcome = run.run(control, progress);
            progress.finish();
            return outcome;
        } catch (DivergedException e) {
            progress.finish();
            throw new IOException(e.getMessage(), e);
        } finally {
            report.write(run.recipe().name());
        }
    }

    private void print(RunOutcome outcome) {
        if (output.json()) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("reason", outcome.reason().name().toLowerCase(java.util.Locale.ROOT));
            fields.put("step", outcome.step());
            outcome.checkpoint().ifPresent(path -> fields.put("checkpoint", path.toString()));
            console.printJson(fields);
            return;
        }
        String how = switch (outcome.reason()) {
            case FINISHED -> "finished";
            case STOPPED_EARLY -> "ended early, because judgements got no better,";
            case STOPPED -> "stopped";
        };
        console.print(how + " after step " + outcome.step()
                + outcome.checkpoint().map(path -> ": " + path).orElse("; the same command goes on from there"));
    }
}
