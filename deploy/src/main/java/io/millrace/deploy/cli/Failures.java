package io.millrace.deploy.cli;

import io.millrace.client.MillraceException;
import io.millrace.index.record.StoreException;
import io.millrace.model.InvalidModelException;
import io.millrace.service.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what a command throws into one sentence on stderr and an exit code. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    private final Console console;

    Failures(Console console) {
        this.console = console;
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine commandLine, ParseResult parsed) {
        switch (failure) {
            case MillraceException e -> {
                say(e.getMessage());
                return switch (e.code()) {
                    case UNAVAILABLE -> {
                        console.say(
                                "  Is it running? Start one with `./millrace serve` (a trainer with `./millrace trainer`), or name"
                                        + " another with --server.");
                        yield ExitCode.UNREACHABLE;
                    }
                    case DEADLINE_EXCEEDED -> ExitCode.UNREACHABLE;
                    case NOT_FOUND -> ExitCode.NOT_FOUND;
                    default -> ExitCode.FAILED;
                };
            }
            case Settings.InvalidSettingException e -> {
                say(String.valueOf(e.getMessage()));
                return ExitCode.USAGE;
            }
            case NoSuchFileException e -> say("there is no file " + e.getFile());
            case IOException e -> say(String.valueOf(e.getMessage()));
            case UncheckedIOException e -> say(String.valueOf(e.getMessage()));
            case IllegalArgumentException e -> {
                say(String.valueOf(e.getMessage()));
                LOG.debug("refused", e);
                return ExitCode.USAGE;
            }
            case InvalidModelException e -> say(String.valueOf(e.getMessage()));
            case StoreException e -> say(String.valueOf(e.getMessage()));
            case InterruptedException e -> say("interrupted");
            default -> {
                say("unexpected failure, please report it: " + failure);
                failure.printStackTrace(console.err());
            }
        }
        return ExitCode.FAILED;
    }

    @Override
    public int handleParseException(ParameterException failure, String[] arguments) {
        say(String.valueOf(failure.getMessage()));
        UnmatchedArgumentException.printSuggestions(failure, commandErr(failure));
        console.say("  Try: " + failure.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        return ExitCode.USAGE;
    }

    private static PrintWriter commandErr(ParameterException failure) {
        return failure.getCommandLine().getErr();
    }

    private void say(String message) {
        console.say("millrace: " + message);
    }
}
