package io.millrace.trainer.serve;

import io.millrace.service.ServerSettings;
import io.millrace.service.Setting;
import io.millrace.trainer.recipe.ReadableFolders;
import io.millrace.trainer.recipe.RecipePaths;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a trainer can be told; see the help of each component. */
public record TrainerConfig(
        @Setting(help = "Address to listen on; 0.0.0.0 for every interface.", fallback = "127.0.0.1")
        String host,

        @Setting(help = "gRPC port; 0 = any free one.", fallback = "7330")
        int port,

        @Setting(help = "HTTP port of /metrics; 0 = any free one, -1 = none.", fallback = "9330")
        int metricsPort,

        @Setting(help = "Folder of the runs: their states, logs and checkpoints; must survive restarts, and not move.")
        Path dataDir,

        @Setting(
                help = "Folders from which recipes may read checkpoints and data, separated by commas; NAME=FOLDER also"
                        + " gives ${NAME} in recipes. Relative paths of recipes begin at the first. Nothing else is read,"
                        + " but what runs made (${RUNS}).")
        List<String> roots,

        @Setting(
                help = "Threads that compute, of runs that do not say it; 0 = one for each processor. A run keeps its"
                        + " number, because another one gives other roundings.",
                fallback = "0")
        int threads,

        @Setting(help = "Runs that may wait while one trains; others are refused. 0 = none waits.", fallback = "16")
        int waiting,

        @Setting(help = "Streams of updates at a time; each holds a file open.", fallback = "64")
        int watchers,

        @Setting(
                help = "Coordinator to publish checkpoints at, host:port; none = recipes that publish are refused.",
                fallback = "none")
        String coordinator,

        @Setting(
                help = "How long the step that is being taken may go on at shutdown, until its state is saved; after"
                        + " that the run goes on from an earlier one.",
                fallback = "60s")
        Duration shutdownGrace) {

    /** Name of the folder of runs in recipes. */
    private static final String RUNS = "RUNS";

    /** Checks the ranges. */
    public TrainerConfig {
        roots = List.copyOf(roots);
        if (threads < 0 || threads > 1024 || waiting < 0 || waiting > 4096 || watchers < 1 || watchers > 4096) {
            throw new IllegalArgumentException("--threads is " + threads + " (0 to 1024), --waiting is " + waiting
                    + " (0 to 4096) and --watchers is " + watchers + " (1 to 4096); one of them is out of its range");
        }
        if (shutdownGrace.isNegative()) {
            throw new IllegalArgumentException("--shutdown-grace is " + shutdownGrace + "; use 0s or more");
        }
        if (roots.isEmpty()) {
            throw new IllegalArgumentException("--roots names no folder; name one that holds checkpoints and data");
        }
        for (String root : roots) {
            String name = root.contains("=") ? root.substring(0, root.indexOf('=')) : "ROOT";
            if (!name.matches("\\w{1,64}") || name.equals(RUNS) || !Files.isDirectory(folder(root))) {
                throw new IllegalArgumentException("--roots has '" + root
                        + "', which is not FOLDER or NAME=FOLDER with a"
                        + " folder that is there; names are of letters, digits and '_', and " + RUNS + " is taken");
            }
        }
    }

    private static Path folder(String root) {
        return Path.of(root.substring(root.indexOf('=') + 1));
    }

    /** Where the runs are. */
    Path runs() {
        return dataDir.toAbsolutePath().normalize().resolve("runs");
    }

    /** What paths in recipes mean. */
    RecipePaths paths() {
        Map<String, Path> named = new TreeMap<>(Map.of(RUNS, runs()));
        List<Path> others = new ArrayList<>();
        for (String root : roots) {
            if (root.contains("=")) {
                named.put(root.substring(0, root.indexOf('=')), folder(root));
            } else {
                others.add(folder(root));
            }
        }
        ReadableFolders readable = new ReadableFolders(named, others);
        Path first = folder(roots.getFirst()).toAbsolutePath().normalize();
        return new RecipePaths(first, readable::variable, Optional.of(readable));
    }

    /** Threads of a run that does not say it. */
    int lanes() {
        return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    }

    ServerSettings server() {
        return ServerSettings.of(host, port, metricsPort);
    }
}
