package io.millrace.deploy.lab;

import io.millrace.deploy.cli.Console;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lab}: experiments on training. */
@Command(
        name = "lab",
        mixinStandardHelpOptions = true,
        description = "Experiments on training that anyone can repeat.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  millrace lab collapse --out runs/collapse-lab"})
public final class LabCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    private LabCommand() {}

    /** The command with its experiments. */
    public static CommandLine over(Console console) {
        return new CommandLine(new LabCommand()).addSubcommand("collapse", new CollapseCommand(console));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say which experiment: collapse");
    }
}
