package io.millrace.deploy.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.deploy.CommandRun;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.encoder.EncoderWorker;
import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.service.registry.ModelName;
import io.millrace.v1.EncodeReply;
import io.millrace.v1.LoadModelRequest;
import io.millrace.v1.LoadedModel;
import io.millrace.v1.ModelDescription;
import io.millrace.v1.ModelManifest;
import io.millrace.v1.PublishModelRequest;
import io.millrace.v1.UnloadModelRequest;
import io.millrace.v1.VectorBlock;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class PublishedModelTest {
    private static final List<String> TEXTS = List.of("the mill race turns the water wheel", "a spider in the flour");

    @TempDir
    private Path folder;

    private RegistryCluster cluster;

    @BeforeEach
    void start() {
        cluster = new RegistryCluster(folder);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private CommandRun model(String... arguments) {
        List<String> all = new ArrayList<>(List.of("model"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--server", cluster.address()));
        return CommandRun.of(all.toArray(String[]::new));
    }

    private JsonNode push(Path model, String name) {
        CommandRun run = model("push", model.toString(), "--name", name, "-o", "json");
        assertThat(run.err()).doesNotContain("millrace:");
        assertThat(run.code()).isEqualTo(ExitCode.OK);
        return run.json();
    }

    private static LoadModelRequest load(String name) {
        return LoadModelRequest.newBuilder()
                .setModel(ModelName.parse(name).reference())
                .build();
    }

    private static List<SparseVector> direct(Path model) throws IOException {
        try (SparseEncoder encoder = SparseEncoders.open(model, EncoderOptions.defaults())) {
            return encoder.encode(encoder.tokenize(TEXTS, TextRole.DOCUMENT), TextRole.DOCUMENT);
        }
    }

    @Test
    void aPushedModelIsListedDescribedFetchedAndDeleted() throws Exception {
        Path figures = Files.writeString(
                folder.resolve("figures.json"),
                "[{\"collection\": \"scifact\", \"metric\": \"nDCG@10\", \"value\": 0.6436}]");
        Path training = Files.writeString(folder.resolve("training.json"), "{\"recipe\": \"splade-max\", \"seed\": 7}");
        CommandRun pushed = model(
                "push",
                RegistryCluster.SPLADE_TINY.toString(),
                "--name",
                "tiny",
                "--eval",
                figures.toString(),
                "--training",
                training.toString(),
                "-o",
                "json");
        assertThat(pushed.code()).isEqualTo(ExitCode.OK);
        assertThat(pushed.json().path("version").asLong()).isEqualTo(1);
        assertThat(pushed.json().path("created").asBoolean()).isTrue();

        JsonNode again = model(
                        "push",
                        RegistryCluster.SPLADE_TINY.toString(),
                        "--name",
                        "tiny",
                        "--eval",
                        figures.toString(),
                        "--training",
                        training.toString(),
                        "-o",
                        "json")
                .json();
        assertThat(again.path("version").asLong()).isEqualTo(1);
        assertThat(again.path("created").asBoolean()).isFalse();

        JsonNode second = push(cluster.pruned(16), "tiny");
        assertThat(second.path("version").asLong()).isEqualTo(2);
        JsonNode listed = model("list", "-o", "json").json();
        assertThat(listed).hasSize(2);
        assertThat(listed.path(0).path("latest").asBoolean()).isFalse();
        assertThat(listed.path(1).path("latest").asBoolean()).isTrue();
        assertThat(model("list").out()).contains("tiny@1").contains("tiny@2").contains("latest");

        JsonNode described = model("describe", "tiny@1", "-o", "json").json();
        assertThat(described.path("goldenTexts").asInt()).isEqualTo(32);
        assertThat(described.path("evaluation").path(0).path("value").asDouble())
                .isEqualTo(0.6436);
        assertThat(described.path("training").asText()).contains("splade-max");
        assertThat(described.path("license").asText()).isNotBlank();
        assertThat(described.path("lost")).isEmpty();

        Path copy = folder.resolve("copy");
        assertThat(model("fetch", "tiny@1", copy.toString()).code()).isEqualTo(ExitCode.OK);
        assertThat(copy.resolve("model.safetensors"))
                .hasSameBinaryContentAs(RegistryCluster.SPLADE_TINY.resolve("model.safetensors"));
        assertThat(copy.resolve("1_SpladePooling/config.json")).exists();
        assertThat(copy.resolveSibling("copy.part")).doesNotExist();
        assertThat(direct(copy)).isEqualTo(direct(RegistryCluster.SPLADE_TINY));
        assertThat(model("fetch", "tiny", copy.toString()).code()).isEqualTo(ExitCode.USAGE);

        assertThat(model("delete", "tiny").code()).isEqualTo(ExitCode.USAGE);
        assertThat(model("delete", "tiny@2").code()).isEqualTo(ExitCode.OK);
        assertThat(model("describe", "tiny@2").code()).isEqualTo(ExitCode.NOT_FOUND);
        // A number never comes back.
        assertThat(push(cluster.pruned(16), "tiny").path("version").asLong()).isEqualTo(3);
    }

    @Test
    void aWorkerServesAPublishedModelBesideItsOwn() throws Exception {
        push(cluster.pruned(8), "pruned");
        EncoderWorker worker =
                cluster.worker(RegistryCluster.SPLADE_TINY.toString(), "--model-cache=" + folder.resolve("cache"));
        String own = worker.spaceId();
        LoadedModel loaded = cluster.calls(worker).loadModel(load("pruned@latest"));
        assertThat(loaded.getSpaceId()).isNotEqualTo(own);
        assertThat(loaded.getPublished().getVersion()).isEqualTo(1);
        assertThat(loaded.getParity().getTexts()).isEqualTo(32);
        assertThat(loaded.getParity().getLargestDifference()).isLessThan(1e-3f);

        ModelDescription both =
                cluster.calls(worker).describeModel(io.millrace.v1.DescribeModelRequest.getDefaultInstance());
        assertThat(both.getSpaceId()).isEqualTo(own);
        assertThat(both.getModelsList()).extracting(LoadedModel::getSpaceId).containsExactly(own, loaded.getSpaceId());

        EncodeReply incoming = cluster.encode(worker, loaded.getSpaceId(), TEXTS);
        assertThat(incoming.getBatch().getSpaceId()).isEqualTo(loaded.getSpaceId());
        assertThat(RegistryCluster.vectors(incoming)).isEqualTo(direct(cluster.pruned(8)));
        assertThat(RegistryCluster.vectors(cluster.encode(worker, own, TEXTS)))
                .isEqualTo(direct(RegistryCluster.SPLADE_TINY));

        // Again: nothing happens. A third: no slot.
        assertThat(cluster.calls(worker).loadModel(load("pruned"))).isEqualTo(loaded);
        push(cluster.pruned(4), "third");
        assertThatThrownBy(() -> cluster.calls(worker).loadModel(load("third")))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION))
                .hasMessageContaining("no slot");

        assertThat(unload(worker, own)).isEqualTo(loaded.getSpaceId());
        assertThat(cluster.encode(worker, own, TEXTS).getFailure().getError().getCode())
                .isEqualTo(Status.Code.FAILED_PRECONDITION.value());
        assertThat(RegistryCluster.vectors(cluster.encode(worker, loaded.getSpaceId(), TEXTS)))
                .isEqualTo(direct(cluster.pruned(8)));
        assertThatThrownBy(() -> unload(worker, loaded.getSpaceId())).hasMessageContaining("only model");
        cluster.calls(worker).loadModel(load("third"));
    }

    private String unload(EncoderWorker worker, String spaceId) {
        return cluster.calls(worker)
                .unloadModel(UnloadModelRequest.newBuilder().setSpaceId(spaceId).build())
                .getActiveSpaceId();
    }

    @Test
    void commandsLoadAndUnloadAndSayWhatIsWrong() throws Exception {
        push(cluster.pruned(8), "pruned");
        EncoderWorker worker = cluster.worker(RegistryCluster.SPLADE_TINY.toString());
        String own = worker.spaceId();
        CommandRun loaded = model("load", "pruned@1", "--worker", worker.address(), "-o", "json");
        assertThat(loaded.code()).isEqualTo(ExitCode.OK);
        assertThat(loaded.json().path("goldenTexts").asInt()).isEqualTo(32);
        assertThat(CommandRun.of("model", "unload", own, "--worker", worker.address())
                        .code())
                .isEqualTo(ExitCode.OK);
        assertThat(worker.spaceId()).isEqualTo(loaded.json().path("spaceId").asText());
        assertThat(CommandRun.of("model", "unload", own, "--worker", worker.address())
                        .code())
                .isEqualTo(ExitCode.NOT_FOUND);
        assertThat(model("load", "nothing", "--worker", worker.address()).code())
                .isEqualTo(ExitCode.NOT_FOUND);
        assertThat(model("load", "pruned", "--worker", "127.0.0.1:1").code()).isEqualTo(ExitCode.UNREACHABLE);

        assertThat(CommandRun.of("model").code()).isEqualTo(ExitCode.USAGE);
        assertThat(model("push", folder.toString(), "--name", "x").err()).contains("holds no config.json");
        assertThat(model("push", RegistryCluster.SPLADE_TINY.toString(), "--name", "Bad/Name")
                        .code())
                .isEqualTo(ExitCode.USAGE);
        assertThat(model("push", RegistryCluster.SPLADE_TINY.toString(), "--name", "x", "--parent", "pruned")
                        .err())
                .contains("say which version");
        Path figures = Files.writeString(folder.resolve("figures.json"), "[{\"collection\": \"scifact\"}]");
        assertThat(model("push", RegistryCluster.SPLADE_TINY.toString(), "--name", "x", "--eval", figures.toString())
                        .err())
                .contains("entry 0 is not {");
        assertThat(model("describe", "x@y").code()).isEqualTo(ExitCode.USAGE);
        assertThat(CommandRun.of("model", "list", "--server", "127.0.0.1:1").code())
                .isEqualTo(ExitCode.UNREACHABLE);
    }

    @Test
    void aWorkerStartsWithAPublishedModelAndNamesOneThatIsNotThere() throws Exception {
        String space = push(RegistryCluster.SPLADE_TINY, "tiny").path("spaceId").asText();
        EncoderWorker worker = cluster.worker("registry:tiny@1");
        assertThat(worker.spaceId()).isEqualTo(space);
        assertThatThrownBy(() -> cluster.worker("registry:tiny@7"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("there is no model tiny@7; there are: tiny@1");
    }

    @Test
    void aModelThatIsNotWhatItsManifestSaysIsQuarantinedAndTheOldOneServedOn() throws Exception {
        push(cluster.pruned(8), "pruned");
        ModelManifest manifest =
                cluster
                        .registry()
                        .describePublishedModel(ModelName.parse("pruned@1").reference())
                        .getManifest()
                        .toBuilder()
                        .clearVersion()
                        .build();
        EncoderWorker worker = cluster.worker(RegistryCluster.SPLADE_TINY.toString());
        String own = worker.spaceId();

        publish(manifest.toBuilder()
                .setName("other-vectors")
                .setGolden(manifest.getGolden().toBuilder()
                        .setDocumentVectors(heavier(manifest.getGolden().getDocumentVectors(), 0.002f))));
        publish(manifest.toBuilder()
                .setName("other-contract")
                .setContractJson(manifest.getContractJson().replace("\"top_terms\" : 8", "\"top_terms\" : 9")));
        publish(manifest.toBuilder().setName("other-space").setSpaceId("ab".repeat(32)));
        assertRefused(worker, "other-vectors", "golden document 0", "they may differ by 0.001");
        assertRefused(worker, "other-vectors", "it is quarantined: publish it anew");
        assertRefused(worker, "other-contract", "the contract in its manifest is not that of its files");
        assertRefused(worker, "other-space", "its files are of space", "ab".repeat(32));

        ModelDescription after =
                cluster.calls(worker).describeModel(io.millrace.v1.DescribeModelRequest.getDefaultInstance());
        assertThat(after.getModelsCount()).isEqualTo(1);
        assertThat(after.getQuarantinedList())
                .extracting(quarantined -> quarantined.getModel().getName())
                .containsExactly("other-space", "other-contract", "other-vectors");
        assertThat(RegistryCluster.vectors(cluster.encode(worker, own, TEXTS)))
                .isEqualTo(direct(RegistryCluster.SPLADE_TINY));
        // What is within the tolerance passes.
        publish(manifest.toBuilder()
                .setName("rounded")
                .setGolden(manifest.getGolden().toBuilder()
                        .setDocumentVectors(heavier(manifest.getGolden().getDocumentVectors(), 0.0005f))));
        assertThat(cluster.calls(worker).loadModel(load("rounded")).getParity().getLargestDifference())
                .isBetween(0.0004f, 0.0006f);
    }

    private void publish(ModelManifest.Builder manifest) {
        cluster.registry()
                .publishModel(
                        PublishModelRequest.newBuilder().setManifest(manifest).build());
    }

    private void assertRefused(EncoderWorker worker, String name, String... saying) {
        assertThatThrownBy(() -> cluster.calls(worker).loadModel(load(name)))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION))
                .hasMessageContainingAll(saying);
    }

    /** The same vectors with the first weight of each larger by so much. */
    private static VectorBlock heavier(VectorBlock block, float more) {
        List<SparseVector> vectors = VectorBlockCodec.decode(block.getPayload().toByteArray(), block.getCount());
        List<SparseVector> changed = vectors.stream()
                .map(vector -> {
                    float[] weights = vector.weights().clone();
                    weights[0] += more;
                    return new SparseVector(vector.ids(), weights);
                })
                .toList();
        byte[] payload = VectorBlockCodec.encode(changed);
        return VectorBlock.newBuilder()
                .setCount(block.getCount())
                .setPayload(com.google.protobuf.ByteString.copyFrom(payload))
                .setCrc32C(VectorBlockCodec.crc32c(payload))
                .build();
    }
}
