package io.millrace.deploy.eval;

import io.millrace.deploy.local.DeviceOptions;
import io.millrace.deploy.local.ModelChoice;
import io.millrace.deploy.local.Models;
import io.millrace.model.device.DeviceChoice;
import io.millrace.model.engine.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is evaluated: {@code --model}, {@code --run} and {@code --server}. */
final class SystemOptions {
    @Option(
            names = "--model",
            paramLabel = "[NAME=]DIR",
            description = {
                "Folder of a checkpoint or a lexical model, which is measured alone; may be given more than once. Default: the",
                "embedded model, if there is no --run."
            })
    private List<String> models = new ArrayList<>();

    @Option(
            names = "--run",
            paramLabel = "NAME=FILE",
            description = {
                "A ranking in TREC's format beside the models; may be given more than once. {collection} in FILE stands for the",
                "name of each collection."
            })
    private List<String> runs = new ArrayList<>();

    @Option(
            names = "--adapter",
            paramLabel = "DIR",
            description =
                    "Folder of a LoRA adapter to merge into the weights of every model; may be given more than once.")
    private List<Path> adapters = new ArrayList<>();

    @Mixin
    private final DeviceOptions compute = new DeviceOptions();

    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            description = "Use a running cluster, with its model, instead of starting one.")
    private @Nullable String server;

    /**
     * The systems in the order of the options, models first.
     *
     * @throws IllegalArgumentException if one cannot be found, or two have one name
     */
    List<TestedSystem> systems() {
        List<TestedSystem> systems = new ArrayList<>();
        if (server != null) {
            if (!models.isEmpty() || !adapters.isEmpty() || compute.given()) {
                throw new IllegalArgumentException("a model cannot be chosen with --server: its workers have theirs");
            }
            systems.add(new TestedSystem.Cluster(server, server));
        } else if (models.isEmpty() && runs.isEmpty()) {
            systems.add(model(Models.find(null).toString()));
        }
        models.forEach(model -> systems.add(model(model)));
        for (String run : runs) {
            int at = run.indexOf('=');
            if (at < 1 || at == run.length() - 1) {
                throw new IllegalArgumentException(
                        "--run is '" + run + "'; it must be NAME=FILE, such as bm25=bm25.run");
            }
            systems.add(new TestedSystem.RunFile(run.substring(0, at), run.substring(at + 1)));
        }
        Set<String> names = new HashSet<>();
        for (TestedSystem system : systems) {
            if (!names.add(system.name())) {
                throw new IllegalArgumentException("two systems are called '" + system.name()
                        + "'; name them, such as --model first=DIR --model second=DIR");
            }
        }
        return systems;
    }

    private TestedSystem.Model model(String option) {
        int at = option.indexOf('=');
        boolean named = at > 0 && !Files.exists(Path.of(option));
        Path folder = Models.find(Path.of(named ? option.substring(at + 1) : option));
        Path last = folder.toAbsolutePath().normalize().getFileName();
        Precision format = compute.precision();
        DeviceChoice place = compute.device();
        return new TestedSystem.Model(
                named ? option.substring(0, at) : String.valueOf(last),
                new ModelChoice(folder, adapters, format, place));
    }
}
