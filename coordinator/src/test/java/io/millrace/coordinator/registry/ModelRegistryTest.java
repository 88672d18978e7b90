package io.millrace.coordinator.registry;

import static io.millrace.coordinator.registry.RegistryServer.blob;
import static io.millrace.coordinator.registry.RegistryServer.manifest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.service.blob.BlobLimits;
import io.millrace.v1.Collection;
import io.millrace.v1.DeleteModelRequest;
import io.millrace.v1.FetchBlobRequest;
import io.millrace.v1.FetchBlobResponse;
import io.millrace.v1.ListModelsRequest;
import io.millrace.v1.ModelManifest;
import io.millrace.v1.ModelReference;
import io.millrace.v1.ModelSummary;
import io.millrace.v1.PublishModelResponse;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ModelRegistryTest {
    private static final byte[] WEIGHTS = bytes(1, 1_500_000);
    private static final byte[] CONFIG = bytes(2, 100);
    private static final byte[] OTHER = bytes(3, 100);

    @TempDir
    private Path folder;

    private RegistryServer server;

    @BeforeEach
    void start() {
        server = new RegistryServer(folder);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void restart() {
        server.close();
        server = new RegistryServer(folder);
    }

    private static byte[] bytes(int seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static void assertStatus(Status.Code code, String saying, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(code))
                .hasMessageContaining(saying);
    }

    private List<ModelSummary> list() {
        return server.calls().listModels(ListModelsRequest.getDefaultInstance()).getModelsList();
    }

    private static ModelReference reference(String name, long version) {
        return ModelReference.newBuilder().setName(name).setVersion(version).build();
    }

    private long delete(String name, long version) {
        return server.calls()
                .deleteModel(DeleteModelRequest.newBuilder()
                        .setModel(reference(name, version))
                        .build())
                .getRemovedBytes();
    }

    private byte[] fetch(byte[] file, long offset) {
        Iterator<FetchBlobResponse> chunks = server.calls()
                .fetchBlob(FetchBlobRequest.newBuilder()
                        .setSha256(blob(file).getSha256())
                        .setOffset(offset)
                        .build());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (chunks.hasNext()) {
            ByteString chunk = chunks.next().getChunk();
            assertThat(chunk.size()).isBetween(1, 1 << 20);
            out.writeBytes(chunk.toByteArray());
        }
        return out.toByteArray();
    }

    /** As if the grace of a file were over. */
    private void age(byte[] file) throws Exception {
        Files.setLastModifiedTime(server.file(file), FileTime.from(Instant.now().minus(Duration.ofHours(2))));
    }

    @Test
    void versionsCountUpNeverChangeAndSurviveARestart() throws Exception {
        server.push(WEIGHTS);
        server.push(CONFIG);
        ModelManifest.Builder first = manifest("tiny", WEIGHTS, CONFIG);
        PublishModelResponse published = server.publish(first);
        assertThat(published.getCreated()).isTrue();
        assertThat(published.getModel().getModel()).isEqualTo(reference("tiny", 1));
        assertThat(published.getModel().getSizeBytes()).isEqualTo(1_500_100);

        restart();
        PublishModelResponse again = server.publish(first.clone().setCreatedAtMillis(77));
        assertThat(again.getCreated()).isFalse();
        assertThat(again.getModel()).isEqualTo(published.getModel());

        ModelManifest.Builder second = manifest("tiny", WEIGHTS, CONFIG).setTrainingJson("{\"seed\": 2}");
        assertStatus(
                Status.Code.ALREADY_EXISTS,
                "a version never changes",
                () -> server.publish(second.clone().setVersion(1)));
        assertStatus(
                Status.Code.INVALID_ARGUMENT,
                "the next of tiny is 2",
                () -> server.publish(second.clone().setVersion(3)));
        assertThat(server.publish(second.clone().setVersion(2)).getModel().getModel())
                .isEqualTo(reference("tiny", 2));
        assertThat(server.publish(first.clone()).getModel().getModel().getVersion())
                .isEqualTo(1);
        assertThat(list()).extracting(ModelSummary::getLatest).containsExactly(false, true);
        assertThat(server.calls().describePublishedModel(reference("tiny", 0)).getManifest())
                .isEqualTo(second.setVersion(2).build());

        delete("tiny", 2);
        restart();
        assertThat(list())
                .singleElement()
                .satisfies(model -> assertThat(model.getLatest()).isTrue());
        assertThat(server.publish(second.clone().setVersion(0))
                        .getModel()
                        .getModel()
                        .getVersion())
                .isEqualTo(3);
        assertStatus(
                Status.Code.ALREADY_EXISTS,
                "to get 4",
                () -> server.publish(second.clone().setVersion(2)));
    }

    @Test
    void aModelWithoutItsFilesIsNotPublished() throws Exception {
        server.push(CONFIG);
        assertStatus(
                Status.Code.FAILED_PRECONDITION,
                "file 'f0' with SHA-256 " + blob(WEIGHTS).getSha256() + " has not been pushed",
                () -> server.publish(manifest("tiny", WEIGHTS, CONFIG)));
        ModelManifest.Builder wrongSize = manifest("tiny", CONFIG);
        wrongSize.getFilesBuilder(0).getBlobBuilder().setSizeBytes(99);
        assertStatus(Status.Code.FAILED_PRECONDITION, "announced with 99", () -> server.publish(wrongSize));
        assertThat(list()).isEmpty();
        assertThat(server.count("blobs")).isEqualTo(1);
    }

    @Test
    void brokenManifestsAreRefusedByField() throws Exception {
        server.push(CONFIG);
        ModelManifest.Builder traversal = manifest("tiny", CONFIG);
        traversal.getFilesBuilder(0).setPath("../../outside");
        assertStatus(Status.Code.INVALID_ARGUMENT, "manifest.files[0].path", () -> server.publish(traversal));
        ModelManifest.Builder vectors = manifest("tiny", CONFIG);
        vectors.getGoldenBuilder().getQueryVectorsBuilder().setPayload(ByteString.copyFrom(bytes(9, 50)));
        assertStatus(Status.Code.INVALID_ARGUMENT, "manifest.golden.query_vectors", () -> server.publish(vectors));
        ModelManifest.Builder count = manifest("tiny", CONFIG);
        count.getGoldenBuilder()
                .setQueryVectors(RegistryServer.block(9).toBuilder().setCount(8));
        assertStatus(Status.Code.INVALID_ARGUMENT, "the count is wrong", () -> server.publish(count));
        assertStatus(
                Status.Code.NOT_FOUND,
                "there is no model parent@2; none is published yet",
                () -> server.publish(manifest("tiny", CONFIG).setParent(reference("parent", 2))));
        assertStatus(Status.Code.INVALID_ARGUMENT, "'Tiny'", () -> server.publish(manifest("Tiny", CONFIG)));
        assertStatus(
                Status.Code.INVALID_ARGUMENT,
                "model",
                () -> server.calls().describePublishedModel(reference("../x", 0)));
        assertThat(list()).isEmpty();
        server.publish(manifest("parent", CONFIG));
        server.publish(manifest("tiny", CONFIG).setParent(reference("parent", 1)));
        assertStatus(
                Status.Code.NOT_FOUND,
                "there are: tiny@1",
                () -> server.calls().describePublishedModel(reference("tiny", 5)));
    }

    @Test
    void filesAreFetchedFromAnyOffset() throws Exception {
        server.push(WEIGHTS);
        server.push(new byte[0]);
        assertThat(fetch(WEIGHTS, 0)).isEqualTo(WEIGHTS);
        assertThat(fetch(WEIGHTS, 1_000_001)).isEqualTo(java.util.Arrays.copyOfRange(WEIGHTS, 1_000_001, 1_500_000));
        assertThat(fetch(WEIGHTS, 1_500_000)).isEmpty();
        assertThat(fetch(new byte[0], 0)).isEmpty();
        assertStatus(Status.Code.INVALID_ARGUMENT, "the file has 1500000 bytes", () -> fetch(WEIGHTS, 1_500_001));
        assertStatus(Status.Code.INVALID_ARGUMENT, "offset", () -> fetch(WEIGHTS, -1));
        assertStatus(Status.Code.NOT_FOUND, "push it first", () -> fetch(CONFIG, 0));
    }

    @Test
    void aFetchThatNobodyReadsIsEnded() throws Exception {
        server.close();
        server = new RegistryServer(
                folder,
                new RegistryLimits(
                        new BlobLimits(16 << 20, 1L << 40, 0), 2, Duration.ofHours(1), Duration.ofMillis(300)));
        byte[] large = bytes(9, 12 << 20); // more than flow control lets go ahead
        server.push(large);
        Iterator<FetchBlobResponse> chunks = server.calls()
                .fetchBlob(FetchBlobRequest.newBuilder()
                        .setSha256(blob(large).getSha256())
                        .build());
        chunks.next();
        while (server.openFetches() > 0) {
            Thread.sleep(20);
        }
        assertStatus(Status.Code.DEADLINE_EXCEEDED, "fetch the rest", () -> chunks.forEachRemaining(chunk -> {}));
        assertThat(fetch(large, 6 << 20)).hasSize(6 << 20);
    }

    @Test
    void aDamagedFileIsNeverServedAndCanBePushedAnew() throws Exception {
        server.push(WEIGHTS);
        server.push(CONFIG);
        server.publish(manifest("tiny", WEIGHTS, CONFIG));
        byte[] damaged = WEIGHTS.clone();
        damaged[10] ^= 1; // before the offset that is fetched
        Files.write(server.file(WEIGHTS), damaged);
        assertStatus(Status.Code.DATA_LOSS, "push the model again", () -> fetch(WEIGHTS, 1_000_000));
        assertThat(server.calls().describePublishedModel(reference("tiny", 1)).getLostList())
                .extracting(file -> file.getPath())
                .containsExactly("f0");
        assertThat(server.missing(WEIGHTS, CONFIG).getMissingCount()).isEqualTo(1);
        server.push(WEIGHTS);
        assertThat(fetch(WEIGHTS, 0)).isEqualTo(WEIGHTS);
        Files.write(server.file(CONFIG), bytes(7, 40)); // cut short, too
        restart();
        assertThat(server.calls().describePublishedModel(reference("tiny", 1)).getLostCount())
                .isEqualTo(1);
    }

    @Test
    void deletingRemovesWhatOnlyThatVersionHad() throws Exception {
        server.push(WEIGHTS);
        server.push(CONFIG);
        server.push(OTHER);
        server.publish(manifest("tiny", WEIGHTS, CONFIG));
        server.publish(manifest("tiny", WEIGHTS, OTHER));
        age(WEIGHTS);
        age(CONFIG);
        assertThat(delete("tiny", 1)).isEqualTo(100);
        assertThat(server.file(CONFIG)).doesNotExist();
        assertThat(fetch(WEIGHTS, 0)).isEqualTo(WEIGHTS);
        assertStatus(Status.Code.NOT_FOUND, "there is no model tiny@1", () -> delete("tiny", 1));
        assertStatus(Status.Code.INVALID_ARGUMENT, "say which version", () -> delete("tiny", 0));
        // Within its grace a file stays, as a push may rely on it.
        delete("tiny", 2);
        assertThat(server.file(WEIGHTS)).doesNotExist();
        assertThat(server.file(OTHER)).exists();
    }

    @Test
    void whatAPushAskedForIsNotCollected() throws Exception {
        server.push(WEIGHTS);
        server.push(CONFIG);
        server.publish(manifest("old", WEIGHTS));
        age(WEIGHTS);
        age(CONFIG);
        assertThat(server.missing(WEIGHTS).getMissingCount()).isZero(); // a push that relies on it begins
        delete("old", 1);
        assertThat(server.file(WEIGHTS)).exists();
        assertThat(server.file(CONFIG)).doesNotExist();
        server.publish(manifest("new", WEIGHTS));
    }

    @Test
    void aModelWhoseSpaceIsInUseIsDeletedOnlyByForce() throws Exception {
        server.push(CONFIG);
        server.publish(manifest("tiny", CONFIG));
        server.metadata.update(m -> m.toBuilder()
                .addCollections(Collection.newBuilder().setName("papers").setSpaceId("ab".repeat(32)))
                .build());
        assertStatus(Status.Code.FAILED_PRECONDITION, "[papers]", () -> delete("tiny", 1));
        server.publish(manifest("copy", CONFIG)); // the same space under another name
        delete("tiny", 1);
        assertStatus(Status.Code.FAILED_PRECONDITION, "[papers]", () -> delete("copy", 1));
        server.calls()
                .deleteModel(DeleteModelRequest.newBuilder()
                        .setModel(reference("copy", 1))
                        .setForce(true)
                        .build());
        assertThat(list()).isEmpty();
    }

    @Test
    void aDamagedManifestIsNamedAndNothingIsCollectedMeanwhile() throws Exception {
        server.push(CONFIG);
        server.push(OTHER);
        ModelSummary tiny = server.publish(manifest("tiny", CONFIG)).getModel();
        server.publish(manifest("other", OTHER));
        age(CONFIG);
        age(OTHER);
        Files.write(folder.resolve("models/blobs").resolve(tiny.getManifestSha256()), bytes(5, 50));
        assertStatus(
                Status.Code.DATA_LOSS,
                "manifest of tiny@1",
                () -> server.calls().describePublishedModel(reference("tiny", 1)));
        assertThat(delete("other", 1)).isZero();
        assertThat(server.file(OTHER)).exists();
        delete("tiny", 1);
        assertThat(server.file(CONFIG)).doesNotExist();
        assertThat(server.file(OTHER)).doesNotExist();
    }

    @Test
    void aManifestFindsNoRoomInAFullStore() throws Exception {
        server.close();
        server = new RegistryServer(
                folder,
                new RegistryLimits(new BlobLimits(1000, 1000, 0), 2, Duration.ofHours(1), Duration.ofSeconds(60)));
        server.push(bytes(8, 1000));
        assertStatus(Status.Code.RESOURCE_EXHAUSTED, "no room", () -> server.publish(manifest("tiny", bytes(8, 1000))));
        assertThat(list()).isEmpty();
    }
}
