package io.millrace.deploy.local;

import io.millrace.coordinator.Coordinator;
import io.millrace.coordinator.CoordinatorConfig;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.ServerCommand;
import io.millrace.encoder.EncoderWorker;
import io.millrace.encoder.EncoderWorkerConfig;
import io.millrace.index.IndexServer;
import io.millrace.index.IndexServerConfig;
import io.millrace.service.Settings;
import io.millrace.trainer.serve.TrainerConfig;
import io.millrace.trainer.serve.TrainerParts;
import io.millrace.trainer.serve.TrainerServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/**
 * A role as a process of its own. Its flags, environment variables and file keys come from the role's configuration
 * record; everything the command line itself does not know is handed to {@link Settings}.
 *
 * @param <C> configuration record
 */
@Command(mixinStandardHelpOptions = true, sortOptions = false)
public final class RoleCommand<C extends Record> implements Callable<Integer>, ServerCommand {
    /** A server that is up. */
    private interface Running {
        void awaitTermination() throws InterruptedException;

        void close();
    }

    private interface Starter<C> {
        Running start(C config) throws IOException;
    }

    private final Class<C> type;
    private final Starter<C> starter;

    @Unmatched
    private List<String> settings = new ArrayList<>();

    private RoleCommand(Class<C> type, Starter<C> starter) {
        this.type = type;
        this.starter = starter;
    }

    /** {@code coordinator}. */
    public static CommandLine coordinator() {
        return commandLine(
                new RoleCommand<>(CoordinatorConfig.class, config -> running(Coordinator.start(config))),
                "Takes documents in, routes them to workers and shards, and answers searches.",
                "millrace coordinator --data-dir /var/lib/millrace --workers gpu1:7310,gpu2:7310 --index-servers ix1:7320,ix2:7320");
    }

    /** {@code worker}. */
    public static CommandLine worker() {
        return commandLine(
                new RoleCommand<>(EncoderWorkerConfig.class, RoleCommand::startWorker),
                "Encodes texts with a model.",
                "millrace worker --model models/splade-tiny --host 0.0.0.0");
    }

    /** {@code index-server}. */
    public static CommandLine indexServer() {
        return commandLine(
                new RoleCommand<>(IndexServerConfig.class, config -> running(IndexServer.start(config))),
                "Keeps shards on disk and searches them.",
                "millrace index-server --data-dir /var/lib/millrace-index --host 0.0.0.0");
    }

    /** {@code trainer}. */
    public static CommandLine trainer(TrainerParts parts) {
        return commandLine(
                new RoleCommand<>(TrainerConfig.class, config -> running(TrainerServer.start(config, parts))),
                "Trains checkpoints as recipes say, one at a time, and publishes them.",
                "millrace trainer --data-dir /var/lib/millrace-trainer --roots DATA=/data,MODELS=/models --coordinator c1:7300");
    }

    private static Running startWorker(EncoderWorkerConfig config) throws IOException {
        if (config.publishedModel().isEmpty()) {
            // Says what a checkpoint folder holds when this one is none.
            Models.find(config.model());
        }
        return running(EncoderWorker.start(config));
    }

    private static Running running(Coordinator server) {
        return running(server::awaitTermination, server::close);
    }

    private static Running running(EncoderWorker server) {
        return running(server::awaitTermination, server::close);
    }

    private static Running running(IndexServer server) {
        return running(server::awaitTermination, server::close);
    }

    private static Running running(TrainerServer server) {
        return running(server::awaitTermination, server::close);
    }

    private interface Wait {
        void run() throws InterruptedException;
    }

    private static Running running(Wait wait, Runnable close) {
        return new Running() {
            @Override
            public void awaitTermination() throws InterruptedException {
                wait.run();
            }

            @Override
            public void close() {
                close.run();
            }
        };
    }

    private static CommandLine commandLine(RoleCommand<?> command, String description, String example) {
        CommandLine line = new CommandLine(command);
        List<String> footer =
                new ArrayList<>(List.of("", "Settings, as flag, [environment variable] or key of the file:"));
        footer.addAll(Settings.help(command.type).lines().toList());
        footer.addAll(List.of("", "Example:", "  " + example));
        line.getCommandSpec()
                .usageMessage()
                .description(description, "Runs until it is told to stop (SIGTERM or Ctrl-C), then finishes its calls.")
                .customSynopsis("millrace COMMAND [--SETTING VALUE]...")
                // Help texts of settings are not format strings.
                .footer(footer.stream().map(text -> text.replace("%", "%%")).toArray(String[]::new));
        return line;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Running server = starter.start(Settings.read(type, settings, System.getenv()));
        Thread stop = new Thread(server::close, "stop");
        Runtime.getRuntime().addShutdownHook(stop);
        server.awaitTermination();
        return ExitCode.OK;
    }
}
