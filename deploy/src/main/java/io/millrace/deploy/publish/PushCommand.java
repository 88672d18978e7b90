package io.millrace.deploy.publish;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.Progress;
import io.millrace.deploy.cli.ServerOptions;
import io.millrace.deploy.local.Models;
import io.millrace.service.registry.ModelName;
import io.millrace.trainer.publish.ModelPreparation;
import io.millrace.trainer.publish.ModelPublisher;
import io.millrace.trainer.publish.PreparedModel;
import io.millrace.trainer.publish.Publication;
import io.millrace.v1.EvaluationFigure;
import io.millrace.v1.PublishModelResponse;
import io.millrace.v1.SparsityFindings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code model push}: checks a checkpoint, computes its golden vectors, and publishes it. */
@Command(
        name = "push",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Publishes a checkpoint or lexical model. It is opened and checked first, and the vectors of golden texts are",
            "computed in fp32, by which every worker that loads it is checked. Files that the registry has are not sent",
            "again, and a push that was broken off goes on when it is run again. The same model pushed twice stays one version.",
            "A model whose vectors have collapsed, so that they say the same of every text, nothing or everything, is refused."
        },
        footer = {
            "",
            "Examples:",
            "  millrace model push models/splade-tiny --name splade-tiny",
            "  millrace model push my-model --name mine --validation scifact --split test",
            "  millrace model push my-model --name mine --eval figures.json --training run.json --parent splade-tiny@1",
            "",
            "figures.json: [{\"collection\": \"scifact\", \"metric\": \"nDCG@10\", \"value\": 0.681}]"
        })
final class PushCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "DIR", description = "Folder of the model.")
    private Path folder = Path.of("");

    @Option(names = "--name", paramLabel = "NAME", required = true, description = "Name: a-z, 0-9, '.', '-', '_'.")
    private String name = "";

    @Option(names = "--eval", paramLabel = "FILE", description = "JSON array of figures: collection, metric, value.")
    private @Nullable Path evaluation;

    @Option(names = "--training", paramLabel = "FILE", description = "JSON object: where the weights come from.")
    private @Nullable Path training;

    @Option(
            names = "--license",
            paramLabel = "FILE",
            description = "Licence of the weights. Default: the folder's LICENSE or NOTICE.")
    private @Nullable Path license;

    @Option(names = "--parent", paramLabel = "NAME@VERSION", description = "Published model that it was trained from.")
    private @Nullable String parent;

    @Mixin
    private final InspectionOptions inspection = new InspectionOptions();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    PushCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Publication publication = publication();
        console.say("Checking " + folder + " and computing golden vectors.");
        PreparedModel model = ModelPreparation.usual().with(inspection.choice()).prepare(publication);
        SparsityFindings found = model.manifest().getSparsity();
        if (!found.getRefusal().isEmpty()) {
            console.say("Pushed all the same, because the gate is off: " + found.getRefusal());
        }
        if (!model.left().isEmpty()) {
            console.say("Not part of the model, and left out: " + String.join(", ", model.left()));
        }
        try (RegistryCalls registry = new RegistryCalls(server)) {
            Progress progress = new Progress(console, "Pushing KiB");
            ModelPublisher publisher = new ModelPublisher(
                    registry.client(),
                    (path, sent, total) -> progress.update(sent >> 10, (double) sent / Math.max(1, total)));
            PublishModelResponse published = registry.call(() -> publisher.publish(model));
            progress.finish();
            show(published);
            return ExitCode.OK;
        }
    }

    private Publication publication() throws IOException {
        String story = training == null ? "" : Files.readString(training);
        if (training != null && !json(training, story).isObject()) {
            throw new IllegalArgumentException(training + " is not a JSON object");
        }
        Optional<ModelName> from = Optional.ofNullable(parent).map(ModelName::parse);
        if (from.isPresent() && from.get().version() == 0) {
            throw new IllegalArgumentException(
                    "--parent is '" + parent + "'; say which version, such as " + parent + "@1");
        }
        return new Publication(
                Models.find(folder),
                name,
                evaluation == null ? List.of() : figures(evaluation),
                new Publication.Story(story, license == null ? "" : Files.readString(license), from));
    }

    private static List<EvaluationFigure> figures(Path file) throws IOException {
        JsonNode list = json(file, Files.readString(file));
        List<EvaluationFigure> figures = new ArrayList<>();
        for (JsonNode figure : list) {
            if (!figure.path("collection").isTextual()
                    || !figure.path("metric").isTextual()
                    || !figure.path("value").isNumber()) {
                break;
            }
            figures.add(EvaluationFigure.newBuilder()
                    .setCollection(figure.path("collection").textValue())
                    .setMetric(figure.path("metric").textValue())
                    .setValue(figure.path("value").doubleValue())
                    .build());
        }
        if (!list.isArray() || figures.size() != list.size()) {
            throw new IllegalArgumentException(file + ": entry " + figures.size()
                    + " is not {\"collection\": …, \"metric\": …, \"value\": …}; give an array of such objects");
        }
        return figures;
    }

    private static JsonNode json(Path file, String text) {
        try {
            return new JsonMapper().readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(file + " is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private void show(PublishModelResponse published) {
        if (output.json()) {
            Map<String, Object> fields = ModelFields.of(published.getModel());
            fields.put("created", published.getCreated());
            console.printJson(fields);
        } else {
            console.print(
                    ModelFields.line(published.getModel()) + (published.getCreated() ? "" : "  (published before)"));
        }
    }
}
