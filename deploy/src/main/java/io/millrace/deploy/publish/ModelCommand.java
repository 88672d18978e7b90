package io.millrace.deploy.publish;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.Progress;
import io.millrace.deploy.cli.ServerOptions;
import io.millrace.service.blob.BlobLimits;
import io.millrace.service.blob.BlobStore;
import io.millrace.service.registry.ManifestRules;
import io.millrace.service.registry.ModelAssembly;
import io.millrace.service.registry.ModelName;
import io.millrace.v1.DeleteModelRequest;
import io.millrace.v1.DeleteModelResponse;
import io.millrace.v1.ListModelsRequest;
import io.millrace.v1.ModelFile;
import io.millrace.v1.ModelManifest;
import io.millrace.v1.ModelSummary;
import io.millrace.v1.PublishedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model}: publishes models at the coordinator, lists, describes, fetches and deletes them, and has workers load them. */
@Command(
        name = "model",
        mixinStandardHelpOptions = true,
        description = {
            "Publishes models at the coordinator, from where workers load them, and lists, describes, fetches and deletes",
            "them; has workers load and unload them; and averages checkpoints. A published model is named NAME, which means",
            "its latest version, or NAME@VERSION."
        },
        footer = {
            "",
            "Examples:",
            "  millrace model push models/splade-tiny --name splade-tiny",
            "  millrace model push my-model --name mine --eval figures.json --parent splade-tiny@1",
            "  millrace model list",
            "  millrace model fetch mine@2 copy-of-mine",
            "  millrace worker --model registry:mine@2 --coordinator localhost:7300"
        })
public final class ModelCommand implements Runnable {
    private final Console console;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private ModelCommand(Console console) {
        this.console = console;
    }

    /** The command with its sub-commands, over a console. */
    public static CommandLine over(Console console) {
        return new CommandLine(new ModelCommand(console))
                .addSubcommand("push", new PushCommand(console))
                .addSubcommand("average", new AverageCommand(console))
                .addSubcommand("load", new LoadCommands.Load(console))
                .addSubcommand("unload", new LoadCommands.Unload(console));
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "say what to do: push, average, list, describe, fetch, delete, load or unload");
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists published models, by name and version.",
            footer = {"", "Example:", "  millrace model list -o json"})
    int list(
            @Mixin ServerOptions server,
            @Mixin OutputOptions output,
            @Parameters(arity = "0..1", paramLabel = "NAME", defaultValue = "", description = "Only this model.")
                    String name)
            throws IOException, InterruptedException {
        try (RegistryCalls registry = new RegistryCalls(server)) {
            List<ModelSummary> models = registry.call(() -> registry.stub()
                    .listModels(ListModelsRequest.newBuilder().setName(name).build())
                    .getModelsList());
            if (output.json()) {
                console.printJson(models.stream().map(ModelFields::of).toList());
            } else {
                models.forEach(model -> console.print(ModelFields.line(model)));
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "describe",
            mixinStandardHelpOptions = true,
            description = "Shows a model's manifest: space, files, evaluation, training, licence.",
            footer = {"", "Example:", "  millrace model describe splade-tiny@1 -o json"})
    int describe(
            @Mixin ServerOptions server,
            @Mixin OutputOptions output,
            @Parameters(paramLabel = "NAME[@VERSION]", description = "Which model.") String name)
            throws IOException, InterruptedException {
        ModelName wanted = ModelName.parse(name);
        try (RegistryCalls registry = new RegistryCalls(server)) {
            PublishedModel model = registry.call(() -> registry.stub().describePublishedModel(wanted.reference()));
            Map<String, Object> fields = ModelFields.of(model);
            if (output.json()) {
                console.printJson(fields);
            } else {
                fields.forEach((field, value) -> console.print(field + ": " + value));
            }
            return model.getLostCount() == 0 ? ExitCode.OK : ExitCode.DAMAGED;
        }
    }

    @Command(
            name = "fetch",
            mixinStandardHelpOptions = true,
            description = {
                "Writes a model into a folder that is not there yet, every file checked. A fetch that was broken off goes on",
                "where it was when it is run again; what it has lies in DIR.part."
            },
            footer = {"", "Example:", "  millrace model fetch splade-tiny@1 my-copy"})
    int fetch(
            @Mixin ServerOptions server,
            @Mixin OutputOptions output,
            @Parameters(paramLabel = "NAME[@VERSION]", description = "Which model.") String name,
            @Parameters(paramLabel = "DIR", description = "Folder to make.") Path folder)
            throws IOException, InterruptedException {
        ModelName wanted = ModelName.parse(name);
        if (Files.exists(folder)) {
            throw new IllegalArgumentException(folder + " is there already; name a folder that is not");
        }
        try (RegistryCalls registry = new RegistryCalls(server)) {
            PublishedModel model = registry.call(() -> registry.client().describe(wanted));
            Path target = folder.toAbsolutePath();
            Path part = target.resolveSibling(target.getFileName() + ".part");
            BlobStore store = BlobStore.open(part, new BlobLimits(Long.MAX_VALUE, Long.MAX_VALUE, 0));
            fetch(registry, model.getManifest(), store);
            ModelAssembly.assemble(model.getManifest(), store, target);
            ModelAssembly.remove(part);
            Map<String, Object> fields = ModelFields.of(model.getSummary());
            fields.put("folder", folder.toString());
            if (output.json()) {
                console.printJson(fields);
            } else {
                console.print(ModelFields.line(model.getSummary()) + "  in " + folder);
            }
            return ExitCode.OK;
        }
    }

    private void fetch(RegistryCalls registry, ModelManifest manifest, BlobStore store)
            throws IOException, InterruptedException {
        Progress progress = new Progress(console, "Fetching KiB");
        long total = Math.max(1, ManifestRules.sizeBytes(manifest));
        long[] bytes = {0};
        for (ModelFile file : manifest.getFilesList()) {
            registry.call(() -> {
                registry.client().fetch(file.getBlob(), store, arrived -> {
                    bytes[0] += arrived;
                    progress.update(bytes[0] >> 10, Math.min(1, (double) bytes[0] / total));
                });
                return true;
            });
        }
        progress.finish();
    }

    @Command(
            name = "delete",
            mixinStandardHelpOptions = true,
            description = {
                "Deletes one version, and the files that no other one has; its number never comes back. Refused if a",
                "collection is in its space and no other version is."
            },
            footer = {"", "Example:", "  millrace model delete mine@1"})
    int delete(
            @Mixin ServerOptions server,
            @Parameters(paramLabel = "NAME@VERSION", description = "Which version.") String name,
            @Option(names = "--force", description = "Also if collections are in its space.") boolean force)
            throws IOException, InterruptedException {
        ModelName wanted = ModelName.parse(name);
        if (wanted.version() == 0) {
            throw new IllegalArgumentException(
                    "'" + name + "' names no version; say which one, such as " + name + "@1");
        }
        try (RegistryCalls registry = new RegistryCalls(server)) {
            DeleteModelResponse deleted = registry.call(() -> registry.stub()
                    .deleteModel(DeleteModelRequest.newBuilder()
                            .setModel(wanted.reference())
                            .setForce(force)
                            .build()));
            console.say("Deleted " + wanted + "; " + deleted.getRemovedBytes() + " bytes of files went with it.");
            return ExitCode.OK;
        }
    }
}
