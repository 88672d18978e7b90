package io.millrace.deploy.train;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.v1.ListRunsRequest;
import io.millrace.v1.RunDescription;
import io.millrace.v1.RunReference;
import io.millrace.v1.RunStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What there is to do with the runs of a trainer. */
final class RunCommands {
    /** Where a trainer listens. */
    private static final int PORT = 7330;

    private RunCommands() {}

    /** The commands by name, in the order of the help. */
    static Map<String, Object> over(Console console) {
        Map<String, Object> commands = new LinkedHashMap<>();
        commands.put("watch", new Watch(console));
        commands.put("pause", new Pause(console));
        commands.put("resume", new Resume(console));
        commands.put("stop", new Stop(console));
        commands.put("list", new ListAll(console));
        commands.put("describe", new Describe(console));
        return commands;
    }

    /** Which trainer, and in what form. */
    private abstract static class AtTrainer implements Callable<Integer> {
        final Console console;

        @Option(
                names = "--server",
                paramLabel = "HOST:PORT",
                defaultValue = "${env:MILLRACE_TRAINER:-localhost:" + PORT + "}",
                description = "Trainer to ask. Default: $MILLRACE_TRAINER, else localhost:" + PORT + ".")
        private String server = "";

        @Mixin
        final OutputOptions output = new OutputOptions();

        AtTrainer(Console console) {
            this.console = console;
        }

        RemoteRun trainer() {
            return new RemoteRun(console, output.json(), server);
        }
    }

    /** A command about one run. */
    private abstract static class OfRun extends AtTrainer {
        @Parameters(paramLabel = "NAME", description = "Name of the run.")
        String name = "";

        OfRun(Console console) {
            super(console);
        }

        RunReference run() {
            return RunReference.newBuilder().setName(name).build();
        }

        int show(RunStatus status) {
            RunFields.print(console, output.json(), status);
            return ExitCode.OK;
        }
    }

    @Command(
            name = "watch",
            mixinStandardHelpOptions = true,
            description = "Shows what a run has done, then what it does, until it has ended.")
    private static final class Watch extends OfRun {
        Watch(Console console) {
            super(console);
        }

        @Override
        public Integer call() throws InterruptedException {
            return trainer().watch(name);
        }
    }

    @Command(
            name = "pause",
            mixinStandardHelpOptions = true,
            description = "Ends the step that is being taken, saves, and lets other runs train.")
    private static final class Pause extends OfRun {
        Pause(Console console) {
            super(console);
        }

        @Override
        public Integer call() {
            return show(trainer().call(trainer -> trainer.pauseRun(run())));
        }
    }

    @Command(
            name = "resume",
            mixinStandardHelpOptions = true,
            description = "Goes on with a run that was paused, stopped or failed, from where it was saved.")
    private static final class Resume extends OfRun {
        Resume(Console console) {
            super(console);
        }

        @Override
        public Integer call() {
            return show(trainer().call(trainer -> trainer.resumeRun(run())));
        }
    }

    @Command(
            name = "stop",
            mixinStandardHelpOptions = true,
            description = "Ends the step that is being taken, saves, and ends the run.")
    private static final class Stop extends OfRun {
        Stop(Console console) {
            super(console);
        }

        @Override
        public Integer call() {
            return show(trainer().call(trainer -> trainer.stopRun(run())));
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the runs of a trainer.")
    private static final class ListAll extends AtTrainer {
        ListAll(Console console) {
            super(console);
        }

        @Override
        public Integer call() {
            List<RunStatus> runs = trainer()
                    .call(trainer -> trainer.listRuns(ListRunsRequest.getDefaultInstance()))
                    .getRunsList();
            if (output.json()) {
                console.printJson(runs.stream().map(RunFields::of).toList());
            } else {
                runs.forEach(run -> RunFields.print(console, false, run));
            }
            return ExitCode.OK;
        }
    }

    @Command(name = "describe", mixinStandardHelpOptions = true, description = "Shows a run and its recipe.")
    private static final class Describe extends OfRun {
        Describe(Console console) {
            super(console);
        }

        @Override
        public Integer call() {
            RunDescription run = trainer().call(trainer -> trainer.describeRun(run()));
            if (output.json()) {
                Map<String, Object> fields = RunFields.of(run.getStatus());
                fields.put("recipeText", run.getRecipe());
                console.printJson(fields);
            } else {
                show(run.getStatus());
                console.print(run.getRecipe().stripTrailing());
            }
            return ExitCode.OK;
        }
    }
}
