package io.millrace.encoder.models;

import static io.millrace.encoder.models.FakeRegistry.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.StatusRuntimeException;
import io.millrace.service.blob.BlobException;
import io.millrace.service.blob.Sha256;
import io.millrace.v1.PublishedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ModelCacheTest {
    private static final byte[] SHARED = bytes(1, 50);
    private static final byte[] A = bytes(2, 100);
    private static final byte[] B = bytes(3, 100);
    private static final byte[] C = bytes(4, 100);

    @TempDir
    private Path folder;

    private final FakeRegistry registry = new FakeRegistry();

    @AfterEach
    void close() {
        registry.close();
    }

    private ModelCache.Lease prepare(ModelCache cache, PublishedModel model) throws Exception {
        return cache.prepare(model, registry.client, bytes -> {});
    }

    private Path stored(byte[] file) {
        return folder.resolve("blobs").resolve(Sha256.of(file).hex());
    }

    private long count(String sub) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve(sub))) {
            return files.count();
        }
    }

    /** Makes a model the one unused for longest. */
    private void age(PublishedModel model) throws IOException {
        Files.setLastModifiedTime(
                folder.resolve("models").resolve(model.getSummary().getManifestSha256() + ".manifest"),
                FileTime.fromMillis(0));
    }

    @Test
    void filesAreFetchedOnceAndSharedAlsoAfterARestart() throws Exception {
        PublishedModel a = registry.model("a", SHARED, A);
        PublishedModel b = registry.model("b", SHARED, B);
        try (ModelCache cache = ModelCache.open(folder, 1000);
                ModelCache.Lease lease = prepare(cache, a)) {
            assertThat(lease.folder().resolve("sub/f0")).hasBinaryContent(SHARED);
            assertThat(lease.folder().resolve("sub/f1")).hasBinaryContent(A);
        }
        try (ModelCache cache = ModelCache.open(folder, 1000);
                ModelCache.Lease again = prepare(cache, a);
                ModelCache.Lease other = prepare(cache, b)) {
            assertThat(again.folder().resolve("sub/f1")).hasBinaryContent(A);
            assertThat(other.folder().resolve("sub/f1")).hasBinaryContent(B);
        }
        assertThat(registry.offsets()).hasSize(3);
    }

    @Test
    void aDamagedFileIsFetchedAgain() throws Exception {
        PublishedModel a = registry.model("a", SHARED, A);
        try (ModelCache cache = ModelCache.open(folder, 1000)) {
            prepare(cache, a).close();
            Files.write(stored(A), B);
            try (ModelCache.Lease lease = prepare(cache, a)) {
                assertThat(lease.folder().resolve("sub/f1")).hasBinaryContent(A);
            }
        }
        assertThat(registry.offsets()).hasSize(3);
    }

    @Test
    void aFetchThatBreaksOffGoesOnWhereItWas() throws Exception {
        registry.failures.set(2);
        PublishedModel a = registry.model("a", A);
        try (ModelCache cache = ModelCache.open(folder, 1000);
                ModelCache.Lease lease = prepare(cache, a)) {
            assertThat(lease.folder().resolve("sub/f0")).hasBinaryContent(A);
        }
        assertThat(registry.offsets()).containsExactly(0L, 50L, 75L);
    }

    @Test
    void theModelUnusedForLongestGoesAndNeverOneInUse() throws Exception {
        PublishedModel a = registry.model("a", SHARED, A);
        PublishedModel b = registry.model("b", SHARED, B);
        PublishedModel c = registry.model("c", SHARED, C);
        try (ModelCache cache = ModelCache.open(folder, 260)) {
            ModelCache.Lease used = prepare(cache, a);
            prepare(cache, b).close();
            age(a);
            try (ModelCache.Lease lease = prepare(cache, c)) {
                assertThat(lease.folder().resolve("sub/f1")).hasBinaryContent(C);
                assertThat(used.folder().resolve("sub/f1")).hasBinaryContent(A);
                assertThat(stored(A)).exists();
                assertThat(stored(B)).doesNotExist();
                assertThat(stored(SHARED)).exists();
                // Both in use: there is no room for a third.
                assertThatThrownBy(() -> prepare(cache, b))
                        .isInstanceOfSatisfying(
                                BlobException.class,
                                e -> assertThat(e.reason()).isEqualTo(BlobException.Reason.NO_ROOM));
            }
            used.close();
            prepare(cache, b).close();
            assertThat(stored(B)).exists();
        }
    }

    @Test
    void bytesThatAreNotTheFileAreNotKept() throws Exception {
        PublishedModel a = registry.model("a", A);
        registry.falsify(A);
        try (ModelCache cache = ModelCache.open(folder, 1000)) {
            assertThatThrownBy(() -> prepare(cache, a))
                    .isInstanceOfSatisfying(
                            BlobException.class, e -> assertThat(e.reason()).isEqualTo(BlobException.Reason.MISMATCH));
            assertThat(count("drafts")).isZero();
            assertThat(count("blobs")).isZero();
            PublishedModel unknown = a.toBuilder()
                    .setManifest(a.getManifest().toBuilder()
                            .setFiles(
                                    0,
                                    a.getManifest().getFiles(0).toBuilder()
                                            .setBlob(a.getManifest().getFiles(0).getBlob().toBuilder()
                                                    .setSha256("00".repeat(32)))))
                    .build();
            assertThatThrownBy(() -> prepare(cache, unknown)).isInstanceOf(StatusRuntimeException.class);
            registry.model("a", A); // rightly again
            prepare(cache, a).close();
        }
    }

    @Test
    void pathsThatLeadOutWriteNothing() throws Exception {
        PublishedModel a = registry.model("a", A);
        PublishedModel hostile = a.toBuilder()
                .setManifest(a.getManifest().toBuilder()
                        .setFiles(0, a.getManifest().getFiles(0).toBuilder().setPath("../../outside")))
                .build();
        try (ModelCache cache = ModelCache.open(folder.resolve("cache"), 1000)) {
            assertThatThrownBy(() -> prepare(cache, hostile)).hasMessageContaining("leads out");
        }
        assertThat(folder.resolve("outside")).doesNotExist();
        assertThat(folder.resolve("cache/outside")).doesNotExist();
    }

    @Test
    void aCacheBelongsToOneWorkerAndATemporaryOneGoesWithIt() throws Exception {
        try (ModelCache cache = ModelCache.open(folder, 1000)) {
            assertThatThrownBy(() -> ModelCache.open(folder, 1000))
                    .hasMessageContaining("give each its own --model-cache");
            prepare(cache, registry.model("a", A)).close();
        }
        ModelCache.open(folder, 1000).close();
        Path gone;
        try (ModelCache cache = ModelCache.temporary(1000);
                ModelCache.Lease lease = prepare(cache, registry.model("a", A))) {
            gone = lease.folder();
            assertThat(gone.resolve("sub/f0")).exists();
        }
        assertThat(gone.resolve("../..").normalize()).doesNotExist();
    }
}
