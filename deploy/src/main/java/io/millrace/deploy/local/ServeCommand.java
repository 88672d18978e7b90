package io.millrace.deploy.local;

import io.millrace.client.ClientOptions;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.ServerCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code serve}: a whole cluster on this machine that stays up. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = {
            "Runs a whole cluster on this machine: coordinator, encoder workers and index servers as separate gRPC",
            "servers on loopback, in one process. Data stay in the data folder. Ctrl-C stops it."
        },
        footer = {
            "",
            "Examples:",
            "  millrace serve",
            "  millrace serve --data-dir ~/millrace-data --port 7400 --model my-checkpoint"
        })
public final class ServeCommand implements Callable<Integer>, ServerCommand {
    private final Console console;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Folder of all data. Default: .millrace/data beside the launcher.")
    private @Nullable Path dataDir;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "gRPC port of the coordinator; 0 = any free one. Default: ${DEFAULT-VALUE}.")
    private int port = ClientOptions.DEFAULT_PORT;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(names = "--workers", paramLabel = "N", description = "Encoder workers. Default: ${DEFAULT-VALUE}.")
    private int workers = LocalClusterOptions.DEFAULT_SERVERS;

    @Option(names = "--index-servers", paramLabel = "N", description = "Index servers. Default: ${DEFAULT-VALUE}.")
    private int indexServers = LocalClusterOptions.DEFAULT_SERVERS;

    /** A command over a console. */
    public ServeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path folder = dataDir == null ? Models.home().resolve(".millrace/data") : dataDir;
        LocalCluster cluster =
                LocalCluster.start(new LocalClusterOptions(folder, model.choice(), port, workers, indexServers));
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            cluster.close();
                            stopped.countDown();
                        },
                        "stop"));
        if (output.json()) {
            console.printJson(cluster.members());
        } else {
            cluster.members().forEach(member -> console.print(member(member)));
            console.print("Ready. Data in " + folder + ". Ctrl-C stops.");
        }
        stopped.await();
        return ExitCode.OK;
    }

    /** A server as one line. */
    public static String member(LocalCluster.Member member) {
        return String.format(
                Locale.ROOT,
                "  %-16s %-21s metrics http://127.0.0.1:%d/metrics",
                member.role(),
                member.address(),
                member.metricsPort());
    }
}
