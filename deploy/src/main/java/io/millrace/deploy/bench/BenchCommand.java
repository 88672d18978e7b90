package io.millrace.deploy.bench;

import io.millrace.deploy.bench.search.BenchSearchCommand;
import io.millrace.deploy.cli.Console;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench}: what can be measured. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measures speed, memory and effectiveness.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Examples:",
            "  millrace bench encode --model models/splade-tiny --data scifact --precisions all",
            "  millrace bench search VECTORS --exhaustive"
        })
public final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    private BenchCommand() {}

    /** The command with its measurements. */
    public static CommandLine over(Console console) {
        return new CommandLine(new BenchCommand())
                .addSubcommand("encode", new BenchEncodeCommand(console))
                .addSubcommand("search", new BenchSearchCommand(console));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to measure: encode or search");
    }
}
