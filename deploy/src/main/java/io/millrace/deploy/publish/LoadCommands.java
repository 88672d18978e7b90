package io.millrace.deploy.publish;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.ServerOptions;
import io.millrace.service.registry.ModelName;
import io.millrace.v1.LoadModelRequest;
import io.millrace.v1.LoadedModel;
import io.millrace.v1.UnloadModelRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code model load} and {@code model unload}: what a worker serves. */
final class LoadCommands {
    private LoadCommands() {}

    /** {@code model load}. */
    @Command(
            name = "load",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = {
                "Has a worker fetch a published model, check it, and serve it beside the one it has. A model that is not what",
                "its manifest says is refused, and the worker goes on with what it has."
            },
            footer = {"", "Example:", "  millrace model load mine@2 --worker localhost:7310"})
    static final class Load implements Callable<Integer> {
        private final Console console;

        @Parameters(paramLabel = "NAME[@VERSION]", description = "Which model.")
        private String name = "";

        @Option(names = "--retry", description = "Also if it did not pass before.")
        private boolean retry;

        @Mixin
        private final WorkerCalls worker = new WorkerCalls();

        @Mixin
        private final ServerOptions server = new ServerOptions();

        @Mixin
        private final OutputOptions output = new OutputOptions();

        Load(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            LoadModelRequest request = LoadModelRequest.newBuilder()
                    .setModel(ModelName.parse(name).reference())
                    .setCoordinator(server.address())
                    .setRetryQuarantined(retry)
                    .build();
            LoadedModel model = worker.call(stub -> stub.loadModel(request));
            if (output.json()) {
                console.printJson(fields(model));
            } else {
                console.print("Loaded " + name + ": space " + model.getSpaceId() + " on " + model.getDevice());
            }
            return ExitCode.OK;
        }

        private static Map<String, Object> fields(LoadedModel model) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("name", model.getPublished().getName());
            fields.put("version", model.getPublished().getVersion());
            fields.put("spaceId", model.getSpaceId());
            fields.put("device", model.getDevice());
            fields.put("goldenTexts", model.getParity().getTexts());
            fields.put("largestDifference", model.getParity().getLargestDifference());
            fields.put("tolerance", model.getParity().getTolerance());
            return fields;
        }
    }

    /** {@code model unload}. */
    @Command(
            name = "unload",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = {
                "Has a worker finish the batches of a model and free it; the other one is active then. The only model of a",
                "worker stays."
            },
            footer = {"", "Example:", "  millrace model unload 5ef44a1d… --worker localhost:7310"})
    static final class Unload implements Callable<Integer> {
        private final Console console;

        @Parameters(paramLabel = "SPACE_ID", description = "Space of the model, 64 characters.")
        private String spaceId = "";

        @Mixin
        private final WorkerCalls worker = new WorkerCalls();

        Unload(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            UnloadModelRequest request =
                    UnloadModelRequest.newBuilder().setSpaceId(spaceId).build();
            String active = worker.call(stub -> stub.unloadModel(request)).getActiveSpaceId();
            console.say("Unloaded " + spaceId + "; the worker serves " + active + ".");
            return ExitCode.OK;
        }
    }
}
