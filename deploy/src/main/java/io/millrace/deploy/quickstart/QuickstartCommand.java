package io.millrace.deploy.quickstart;

import io.millrace.client.ClientOptions;
import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.SpaceOptions;
import io.millrace.deploy.local.LocalCluster;
import io.millrace.deploy.local.LocalClusterOptions;
import io.millrace.deploy.local.Models;
import io.millrace.deploy.local.ServeCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code quickstart}: the whole path, from text to answers, on this machine. */
@Command(
        name = "quickstart",
        mixinStandardHelpOptions = true,
        description = {
            "Starts a cluster on this machine (2 encoder workers, 2 index servers, a coordinator), streams definitions",
            "of WordNet 3.1 through it, and answers ten questions: a reverse dictionary. Then it stays up, so that you",
            "can ask it from another shell. Nothing is downloaded: model and corpus come with Millrace.",
            "",
            "Each run starts from an empty folder.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  millrace quickstart",
            "  millrace quickstart --all",
            "  millrace quickstart --once --docs 2000 --port 0"
        })
public final class QuickstartCommand implements Callable<Integer> {
    /** About a minute on 2 cores: one definition took 2.2 ms of processor time through the whole cluster. */
    private static final int DEFAULT_DOCUMENTS = 50_000;

    private final Console console;

    @Option(names = "--once", description = "Exit after the ten questions instead of staying up.")
    private boolean once;

    @Option(names = "--all", description = "Index all " + WordNetGlosses.TOTAL + " definitions.")
    private boolean all;

    @Option(
            names = "--docs",
            paramLabel = "N",
            description = "Definitions to index, spread over the parts of speech. Default: ${DEFAULT-VALUE}.")
    private int documents = DEFAULT_DOCUMENTS;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "gRPC port of the coordinator; 0 = any free one. Default: ${DEFAULT-VALUE}.")
    private int port = ClientOptions.DEFAULT_PORT;

    @Option(names = "--model", paramLabel = "DIR", description = "Checkpoint folder. Default: the embedded model.")
    private @Nullable Path model;

    @Mixin
    private final SpaceOptions space = new SpaceOptions();

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Folder of the data, emptied first. Default: .millrace/quickstart beside the launcher.")
    private @Nullable Path dataDir;

    /** A command over a console. */
    public QuickstartCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        WordNetGlosses glosses = WordNetGlosses.open(all ? WordNetGlosses.TOTAL : documents);
        Path folder = dataDir == null ? Models.home().resolve(".millrace/quickstart") : dataDir;
        try (RunFolder data = RunFolder.take(folder)) {
            console.print("Starting a cluster in " + folder + " ...");
            LocalCluster cluster = LocalCluster.start(LocalClusterOptions.of(data.path(), Models.find(model), port));
            CountDownLatch stopped = new CountDownLatch(1);
            Thread stop = new Thread(
                    () -> {
                        cluster.close();
                        stopped.countDown();
                    },
                    "stop");
            Runtime.getRuntime().addShutdownHook(stop);
            try (cluster;
                    MillraceClient client = MillraceClient.connect(cluster.address())) {
                cluster.members().forEach(member -> console.print(ServeCommand.member(member)));
                ReverseDictionary dictionary = new ReverseDictionary(console, client, space);
                dictionary.index(glosses, all ? WordNetGlosses.TOTAL : documents);
                dictionary.answerSamples();
                dictionary.measureLatency();
                if (!once) {
                    sayHowToGoOn(cluster.port());
                    stopped.await();
                }
            }
            return ExitCode.OK;
        }
    }

    private void sayHowToGoOn(int boundPort) {
        String server = boundPort == ClientOptions.DEFAULT_PORT ? "" : " --server localhost:" + boundPort;
        console.print("");
        console.print("The cluster stays up. From another shell:");
        console.print("  ./millrace search" + server + " --explain \"a place where books are kept\"");
        console.print("  ./millrace index" + server + " FILE.jsonl --collection mine");
        console.print("Ctrl-C stops it.");
    }
}
