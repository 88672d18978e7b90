package io.millrace.deploy.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.grpc.StatusRuntimeException;
import io.millrace.deploy.CommandRun;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.train.TrainCommand;
import io.millrace.encoder.EncoderWorker;
import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.service.Settings;
import io.millrace.service.registry.ModelName;
import io.millrace.service.registry.RegistryClient;
import io.millrace.trainer.serve.TrainerConfig;
import io.millrace.trainer.serve.TrainerServer;
import io.millrace.v1.EvaluationFigure;
import io.millrace.v1.LoadModelRequest;
import io.millrace.v1.LoadedModel;
import io.millrace.v1.ModelManifest;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From a recipe to a worker that serves what was trained, and what the gate lets through. */
@Timeout(600)
class TrainedModelTest {
    private static final List<String> TEXTS = List.of("it is the number 7", "a cat on a wall");

    @TempDir
    private Path folder;

    private RegistryCluster cluster;

    @BeforeEach
    void start() throws IOException {
        cluster = new RegistryCluster(folder);
        StringBuilder groups = new StringBuilder();
        StringBuilder corpus = new StringBuilder();
        StringBuilder queries = new StringBuilder();
        StringBuilder qrels = new StringBuilder("query-id\tcorpus-id\tscore\n");
        for (int i = 0; i < 12; i++) {
            groups.append("""
                    {"query": "what is number %d", "docs": ["it is the number %d", "a cat", "a dog of %d"], "scores": [9, %d, 1]}
                    """.formatted(i, i, i + 1, i % 4));
            corpus.append("{\"_id\": \"d%d\", \"title\": \"\", \"text\": \"it is the number %d\"}%n".formatted(i, i));
            queries.append("{\"_id\": \"q%d\", \"text\": \"what is number %d\"}%n".formatted(i, i));
            qrels.append("q%d\td%d\t1%n".formatted(i, i));
        }
        Path root = folder.resolve("root");
        Files.createDirectories(root.resolve("numbers/qrels"));
        Files.writeString(root.resolve("groups.jsonl"), groups);
        Files.writeString(root.resolve("numbers/corpus.jsonl"), corpus);
        Files.writeString(root.resolve("numbers/queries.jsonl"), queries);
        Files.writeString(root.resolve("numbers/qrels/dev.tsv"), qrels);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private String recipe(Path base, String more) {
        return """
                name: numbers
                base: %s
                seed: 5
                steps: 2
                batch: {queries: 4, query-tokens: 16, document-tokens: 16}
                candidates: {group: 3}
                optimizer: {rate: 1e-6}
                loss: [{kind: kl}]
                data: [{kind: distillation, file: groups.jsonl}]
                """.formatted(base.toAbsolutePath().normalize()) + more;
    }

    private Path written(String recipe) throws IOException {
        return Files.writeString(folder.resolve("root/recipe.yaml"), recipe);
    }

    /** By the client that workers use: the golden vectors of a collapsed model have some megabytes. */
    private ModelManifest manifest(String name) throws InterruptedException {
        try (RegistryClient registry = RegistryClient.connect(cluster.address())) {
            return registry.describe(ModelName.parse(name)).getManifest();
        }
    }

    private static List<SparseVector> direct(Path model) throws IOException {
        try (SparseEncoder encoder = SparseEncoders.open(model, EncoderOptions.defaults())) {
            return encoder.encode(encoder.tokenize(TEXTS, TextRole.DOCUMENT), TextRole.DOCUMENT);
        }
    }

    @Test
    void whatATrainingPushesIsServedAndSaysWhereItComesFrom() throws Exception {
        Path recipe = written(recipe(
                RegistryCluster.SPLADE_TINY,
                "validation: {folder: numbers, split: dev, every: 1, metric: mrr@3}\npublish: {name: trained}\n"));
        Path out = folder.resolve("run");
        String[] train = {
            "train",
            recipe.toString(),
            "--out",
            out.toString(),
            "--push",
            "--coordinator",
            cluster.address(),
            "-o",
            "json"
        };
        CommandRun run = CommandRun.of(train);
        assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
        assertThat(run.json().path("published").asText()).isEqualTo("trained@1");
        // The same again is the same version.
        CommandRun again = CommandRun.of(train);
        assertThat(again.json().path("published").asText()).as(again.err()).isEqualTo("trained@1");

        ModelManifest manifest = manifest("trained@1");
        Path best = Path.of(run.json().path("checkpoint").asText());
        assertThat(best).isEqualTo(out.resolve("best"));
        assertThat(manifest.getSpaceId()).isEqualTo(Checkpoint.open(best).spaceId());
        assertThat(manifest.getEvaluationList())
                .extracting(EvaluationFigure::getMetric)
                .containsExactly("MRR@3", "nDCG@10", "MRR@10", "Recall@100");
        assertThat(manifest.getEvaluationList())
                .allMatch(figure -> figure.getCollection().equals("numbers"));
        assertThat(manifest.getGolden().getQueriesCount()).isEqualTo(16);
        assertThat(manifest.getSparsity().getGateOff()).isFalse();
        // Twelve documents are too few for the gate, which then looks at its own.
        assertThat(manifest.getSparsity().getSample()).isEqualTo("millrace");
        JsonNode story = new JsonMapper().readTree(manifest.getTrainingJson());
        assertThat(story.path("seed").asLong()).isEqualTo(5);
        assertThat(story.path("steps").asLong()).isEqualTo(2);
        assertThat(story.path("recipes").path(0).asText()).contains("mrr@3");
        assertThat(story.path("software").asText()).startsWith("millrace");
        assertThat(story.path("base").path("space_id").asText())
                .isEqualTo(Checkpoint.open(RegistryCluster.SPLADE_TINY).spaceId());
        assertThat(story.path("data").findValuesAsText("file")).containsExactly("groups.jsonl");
        assertThat(story.path("data").path(0).path("sha256").asText())
                .isEqualTo(io.millrace.service.blob.Sha256.ofFile(folder.resolve("root/groups.jsonl"))
                        .hex());
        assertThat(story.path("validation").findValuesAsText("file"))
                .containsExactly("corpus.jsonl", "queries.jsonl", "dev.tsv");

        EncoderWorker worker =
                cluster.worker(RegistryCluster.SPLADE_TINY.toString(), "--model-cache=" + folder.resolve("cache"));
        LoadedModel loaded = cluster.calls(worker)
                .loadModel(LoadModelRequest.newBuilder()
                        .setModel(ModelName.parse("trained").reference())
                        .build());
        assertThat(loaded.getParity().getTexts()).isEqualTo(32);
        assertThat(RegistryCluster.vectors(cluster.encode(worker, loaded.getSpaceId(), TEXTS)))
                .isEqualTo(direct(best));
    }

    @Test
    void aTrainerPublishesAndRefusesCollapsedModels() throws Exception {
        Path collapsed = CollapsedModel.write(folder.resolve("root/collapsed"));
        List<String> settings = List.of(
                "--port=0",
                "--metrics-port=-1",
                "--threads=2",
                "--data-dir=" + folder.resolve("trainer"),
                "--roots=" + folder.resolve("root") + ",MODELS=" + RegistryCluster.SPLADE_TINY.getParent(),
                "--coordinator=" + cluster.address());
        try (TrainerServer trainer =
                TrainerServer.start(Settings.read(TrainerConfig.class, settings, Map.of()), TrainCommand.parts())) {
            CommandRun good = train(trainer, "good", recipe(RegistryCluster.SPLADE_TINY, ""), "--push");
            assertThat(good.code()).as(good.err()).isEqualTo(ExitCode.OK);
            assertThat(good.out()).contains("published as numbers@1");

            CommandRun bad = train(trainer, "bad", recipe(collapsed, "publish: {name: bad}\n"));
            assertThat(bad.code()).isEqualTo(ExitCode.FAILED);
            assertThat(bad.out())
                    .contains("failed")
                    .contains("the model has collapsed")
                    .contains("non-zeros of a document is 3.05e+04, the limit 1.50e+03")
                    .contains("gate: off");
            assertThatThrownBy(() -> manifest("bad")).isInstanceOf(StatusRuntimeException.class);

            CommandRun meant = train(trainer, "meant", recipe(collapsed, "publish: {name: bad, gate: off}\n"));
            assertThat(meant.code()).as(meant.out()).isEqualTo(ExitCode.OK);
            assertThat(manifest("bad").getSparsity().getGateOff()).isTrue();
            assertThat(manifest("bad").getSparsity().getRefusal()).contains("the model has collapsed");
        }
    }

    private CommandRun train(TrainerServer trainer, String name, String recipe, String... more) throws IOException {
        String[] arguments = {"train", written(recipe).toString(), "--server", trainer.address(), "--name", name};
        String[] all = java.util.Arrays.copyOf(arguments, arguments.length + more.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return CommandRun.of(all);
    }

    @Test
    void aPushRefusesACollapsedModelUnlessTheGateIsOff() throws Exception {
        String collapsed = CollapsedModel.write(folder.resolve("collapsed")).toString();
        CommandRun refused =
                CommandRun.of("model", "push", collapsed, "--name", "collapsed", "--server", cluster.address());
        assertThat(refused.code()).isEqualTo(ExitCode.FAILED);
        assertThat(refused.err())
                .contains("the model has collapsed")
                .contains("mean cosine of two documents is 1.00, the limit 0.500")
                .contains("--no-gate");

        CommandRun forced = CommandRun.of(
                "model", "push", collapsed, "--name", "collapsed", "--no-gate", "--server", cluster.address());
        assertThat(forced.code()).as(forced.err()).isEqualTo(ExitCode.OK);
        assertThat(forced.err()).contains("because the gate is off");
        JsonNode described = CommandRun.of(
                        "model", "describe", "collapsed", "-o", "json", "--server", cluster.address())
                .json();
        assertThat(described.path("sparsity").path("gateOff").asBoolean()).isTrue();
        assertThat(described.path("sparsity").path("documentNonZeros").asDouble())
                .isGreaterThan(30_000);

        CommandRun judged = CommandRun.of(
                "model",
                "push",
                RegistryCluster.SPLADE_TINY.toString(),
                "--name",
                "tiny",
                "--validation",
                folder.resolve("root/numbers").toString(),
                "--split",
                "dev",
                "--server",
                cluster.address());
        assertThat(judged.code()).as(judged.err()).isEqualTo(ExitCode.OK);
        assertThat(manifest("tiny").getEvaluationList())
                .extracting(EvaluationFigure::getMetric)
                .containsExactly("nDCG@10", "MRR@10", "Recall@100");
    }
}
