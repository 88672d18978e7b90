package io.millrace.deploy.train;

import io.millrace.client.ClientOptions;
import io.millrace.deploy.cli.CommandTree;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.preset.NamedContract;
import io.millrace.trainer.recipe.Recipe;
import io.millrace.trainer.recipe.RecipeSource;
import io.millrace.trainer.run.RunControl;
import io.millrace.trainer.run.TrainingPlan;
import io.millrace.trainer.serve.TrainerParts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code train}: takes the steps of a recipe, here or at a trainer. */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Trains a checkpoint as a recipe says. A run that was stopped, or killed at whatever moment, goes on where it",
            "was when the command is given again, and takes the same steps to the last bit. The folder holds the log, the",
            "saved states, a report with its curves, and the checkpoints: best, by the recipe's validation, and last.",
            "With --server it is a trainer that trains (see `millrace trainer`), which this command watches and the commands",
            "below watch, pause, resume, stop, list and describe; paths in the recipe are the trainer's then."
        },
        footer = {
            "",
            "Examples:",
            "  millrace train trainer/recipes/splade-max.yaml",
            "  millrace train recipe.yaml --out runs/first --threads 8",
            "  millrace train recipe.yaml --push           publishes the checkpoint in the end",
            "  millrace train recipe.yaml --check          says whether the recipe and its data can be read, and ends",
            "  millrace train recipe.yaml --server trainer1:7330 --name first",
            "  millrace train watch first --server trainer1:7330"
        })
public final class TrainCommand implements Callable<Integer> {
    private final Console console;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "RECIPE", arity = "0..1", description = "File of the recipe, YAML.")
    private @Nullable Path recipe;

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
    private int threads;

    @Option(names = "--check", description = "Say whether the recipe can be understood, and end.")
    private boolean check;

    @Option(
            names = "--push",
            description = {
                "Publish the checkpoint in the end, as the recipe's `publish` says, or under the recipe's name. A model whose",
                "vectors have collapsed is refused."
            })
    private boolean push;

    @Option(
            names = "--coordinator",
            paramLabel = "HOST:PORT",
            defaultValue = "${env:MILLRACE_SERVER:-localhost:" + ClientOptions.DEFAULT_PORT + "}",
            description = "Coordinator to publish at. Default: $MILLRACE_SERVER, else localhost:"
                    + ClientOptions.DEFAULT_PORT + ". A trainer has its own.")
    private String coordinator = "";

    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            description = "Trainer that trains in place of this process; give the run a name with --name.")
    private Optional<String> server = Optional.empty();

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "Name of the run at the trainer. Default: that of the recipe's file.")
    private Optional<String> name = Optional.empty();

    @Option(names = "--resume", description = "Let the trainer go on with a run that was paused, stopped or failed.")
    private boolean resume;

    @Option(names = "--detach", description = "Start the run at the trainer, and do not watch it.")
    private boolean detach;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    private TrainCommand(Console console) {
        this.console = console;
    }

    /** The command with its sub-commands, over a console. */
    public static CommandLine over(Console console) {
        CommandLine line = new CommandLine(new TrainCommand(console));
        RunCommands.over(console).forEach(line::addSubcommand);
        return line;
    }

    /** What a trainer of this program is given. */
    public static TrainerParts parts() {
        return new TrainerParts(presets(), (folder, name) -> new RunReport(folder).write(name), CommandTree.version());
    }

    static TrainingPlan.Presets presets() {
        return (preset, base) -> NamedContract.of(preset, base).toString();
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (recipe == null) {
            throw new ParameterException(spec.commandLine(), "give a recipe, or say what to do with a trainer's run");
        }
        if (threads < 0) {
            throw new IllegalArgumentException("--threads is " + threads + "; give 1 or more");
        }
        String stem = String.valueOf(recipe.getFileName()).replaceFirst("\\.ya?ml$", "");
        if (server.isPresent() && !check) {
            RemoteRun remote = new RemoteRun(console, output.json(), server.get());
            return remote.start(
                    name.orElse(stem), new RemoteRun.Start(Files.readString(recipe), threads, push, resume), detach);
        }
        if (name.isPresent() || resume || detach) {
            throw new IllegalArgumentException(
                    "--name, --resume and --detach are for trainers; name one with --server");
        }
        TrainingPlan plan = new TrainingPlan(
                RecipeSource.read(recipe), out.orElseGet(() -> Path.of("runs", stem)), lanes(), presets());
        if (check) {
            List<Recipe> recipes = plan.check();
            recipes.forEach(each -> console.say(
                    "The recipe " + each.name() + " is understood: " + each.steps() + " steps from " + each.base()));
            return ExitCode.OK;
        }
        return new LocalRun(console, output.json(), push ? Optional.of(coordinator) : Optional.empty())
                .train(plan, new RunControl());
    }

    private int lanes() {
        return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    }
}
