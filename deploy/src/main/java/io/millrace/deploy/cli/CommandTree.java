package io.millrace.deploy.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The command line {@code millrace COMMAND ...}: parses, sets logging up, runs, and turns failures into exit codes. */
public final class CommandTree {
    @Command(
            name = "millrace",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class,
            description = "A learned-sparse-retrieval cluster: encode, index, search.",
            synopsisSubcommandLabel = "COMMAND",
            footer = {
                "",
                "First steps:",
                "  ./millrace quickstart                start a cluster, fill it, ask it",
                "  ./millrace search \"fear of spiders\"  ask it from another shell",
                "",
                "Each command has --help with examples."
            })
    private static final class Root implements Runnable {
        @Mixin
        private final Logging logging = new Logging();

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Override
        public void run() {
            throw new ParameterException(spec.commandLine(), "a command is missing");
        }
    }

    /** Version from the jar's manifest. */
    private static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {version()};
        }
    }

    /** Name and version of the program. */
    public static String version() {
        String version = CommandTree.class.getPackage().getImplementationVersion();
        return "millrace " + (version == null ? "(development build)" : version);
    }

    private final CommandLine root;

    /**
     * A tree with some commands.
     *
     * @param commands name → object with a {@link Command} annotation, in the order of the help
     */
    public CommandTree(Console console, Map<String, Object> commands) {
        Root options = new Root();
        root = new CommandLine(options);
        commands.forEach(root::addSubcommand);
        root.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8));
        root.setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8));
        root.setCaseInsensitiveEnumValuesAllowed(true);
        // A text to search for may start with '@'.
        root.setExpandAtFiles(false);
        root.registerConverter(Duration.class, new DurationConverter());
        root.getSubcommands().values().forEach(CommandTree::completeHelp);
        Failures failures = new Failures(console);
        root.setExecutionExceptionHandler(failures);
        root.setParameterExceptionHandler(failures);
        root.setExecutionStrategy(parsed -> {
            options.logging.configure(isServer(parsed));
            return new RunLast().execute(parsed);
        });
    }

    /** Runs a command line; the result is an {@link ExitCode}. */
    public int execute(String... arguments) {
        return root.execute(arguments);
    }

    private static boolean isServer(ParseResult parsed) {
        ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        return last.commandSpec().userObject() instanceof ServerCommand;
    }

    private static void completeHelp(CommandLine command) {
        // Lines of the source are one paragraph, which the help breaks where its width ends.
        String[] lines = command.getCommandSpec().usageMessage().description();
        command.getCommandSpec().usageMessage().description(String.join(" ", lines));
        command.getCommandSpec().usageMessage().exitCodeListHeading("%nExit codes:%n");
        command.getCommandSpec()
                .usageMessage()
                .exitCodeList(CommandLine.Model.UsageMessageSpec.keyValuesMap(ExitCode.HELP));
        command.getSubcommands().values().forEach(CommandTree::completeHelp);
    }

    /** {@code 500ms}, {@code 10s}, {@code 2m}, {@code 1h}. */
    private static final class DurationConverter implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            int digits = 0;
            while (digits < text.length() && Character.isDigit(text.charAt(digits))) {
                digits++;
            }
            try {
                long amount = Long.parseLong(text.substring(0, digits));
                return switch (text.substring(digits)) {
                    case "ms" -> Duration.ofMillis(amount);
                    case "s" -> Duration.ofSeconds(amount);
                    case "m" -> Duration.ofMinutes(amount);
                    case "h" -> Duration.ofHours(amount);
                    default -> throw new NumberFormatException(text);
                };
            } catch (NumberFormatException e) {
                throw new TypeConversionException("'" + text + "' is not a time; write it as 500ms, 10s, 2m or 1h");
            }
        }
    }
}
