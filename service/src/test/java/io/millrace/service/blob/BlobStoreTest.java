package io.millrace.service.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.service.blob.BlobException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlobStoreTest {
    private static final BlobLimits LIMITS = new BlobLimits(1000, 3000, 0);

    @TempDir
    private Path folder;

    private BlobStore store;

    @BeforeEach
    void open() throws IOException {
        store = BlobStore.open(folder, LIMITS);
    }

    private static byte[] bytes(int seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private Sha256 put(byte[] bytes) throws IOException {
        Sha256 id = Sha256.of(bytes);
        try (BlobDraft draft = store.draft(id, bytes.length, 0)) {
            draft.write(ByteBuffer.wrap(bytes));
            draft.commit();
        }
        return id;
    }

    private long files(String sub) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve(sub))) {
            return files.count();
        }
    }

    private static void assertRefused(Reason reason, ThrowingCallable work) {
        assertThatThrownBy(work)
                .isInstanceOfSatisfying(
                        BlobException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }

    @Test
    void whatWasCommittedIsThereAfterReopening() throws Exception {
        byte[] bytes = bytes(1, 700);
        Sha256 id = put(bytes);
        Sha256 empty = put(new byte[0]);
        store = BlobStore.open(folder, LIMITS);
        assertThat(store.size(id)).hasValue(700);
        assertThat(store.size(empty)).hasValue(0);
        assertThat(store.path(id)).hasBinaryContent(bytes);
        assertThat(store.totalBytes()).isEqualTo(700);
        assertThat(files("drafts")).isZero();
        store.verify(id);
    }

    @Test
    void aDraftResumesAtAnyPlaceAlsoAfterReopening() throws Exception {
        Random random = new Random(3);
        for (int seed = 0; seed < 20; seed++) {
            byte[] bytes = bytes(100 + seed, 1 + random.nextInt(140));
            Sha256 id = Sha256.of(bytes);
            while (store.size(id).isEmpty()) {
                int offset = random.nextInt((int) store.draftBytes(id) + 1);
                int end = offset + random.nextInt(bytes.length - offset + 1);
                try (BlobDraft draft = store.draft(id, bytes.length, offset)) {
                    draft.write(ByteBuffer.wrap(bytes, offset, end - offset));
                    assertThat(draft.received()).isEqualTo(end);
                    if (end == bytes.length) {
                        draft.commit();
                    }
                }
                store = BlobStore.open(folder, LIMITS);
            }
            store.verify(id);
            assertThat(store.path(id)).hasBinaryContent(bytes);
        }
    }

    @Test
    void wrongBytesTooManyAndTooFewLeaveNothing() throws Exception {
        byte[] bytes = bytes(1, 100);
        Sha256 id = Sha256.of(bytes);
        byte[] wrong = bytes.clone();
        wrong[50] ^= 1;
        assertRefused(Reason.MISMATCH, () -> write(id, 100, wrong));
        assertRefused(Reason.MISMATCH, () -> write(id, 100, Arrays.copyOf(bytes, 101)));
        assertRefused(Reason.MISMATCH, () -> write(id, 100, Arrays.copyOf(bytes, 99)));
        assertRefused(Reason.MISMATCH, () -> store.draft(id, 100, 1));
        assertThat(files("drafts")).isZero();
        assertThat(store.draftBytes(id)).isZero();
        assertThat(store.size(id)).isEmpty();
        write(id, 100, bytes);
        assertThat(store.size(id)).hasValue(100);
    }

    private void write(Sha256 id, int size, byte[] bytes) throws IOException {
        try (BlobDraft draft = store.draft(id, size, 0)) {
            draft.write(ByteBuffer.wrap(bytes));
            draft.commit();
        }
    }

    @Test
    void roomIsReservedForWhatWasAnnouncedAndGivenBack() throws Exception {
        put(bytes(1, 900));
        put(bytes(2, 900));
        try (BlobDraft draft = store.draft(Sha256.of(bytes(3, 900)), 900, 0)) {
            assertThat(draft.received()).isZero();
            assertRefused(Reason.NO_ROOM, () -> store.draft(Sha256.of(bytes(4, 400)), 400, 0));
            assertRefused(Reason.BUSY, () -> store.draft(Sha256.of(bytes(3, 900)), 900, 0));
        }
        put(bytes(4, 400));
        assertRefused(Reason.NO_ROOM, () -> store.draft(Sha256.of(bytes(5, 1001)), 1001, 0));
        assertRefused(Reason.NO_ROOM, () -> store.draft(Sha256.of(bytes(6, 10)), -1, 0));
        assertThat(store.totalBytes()).isEqualTo(2200);
    }

    @Test
    void whatADraftHoldsCountsUntilItExpires() throws Exception {
        Sha256 id = Sha256.of(bytes(1, 1000));
        try (BlobDraft draft = store.draft(id, 1000, 0)) {
            draft.write(ByteBuffer.wrap(bytes(1, 1000), 0, 900));
        }
        put(bytes(2, 1000));
        put(bytes(3, 1000));
        assertRefused(Reason.NO_ROOM, () -> store.draft(Sha256.of(bytes(4, 200)), 200, 0));
        assertThat(store.expireDrafts(Instant.now().minus(Duration.ofHours(1)))).isZero();
        Files.setLastModifiedTime(folder.resolve("drafts").resolve(id.hex()), FileTime.fromMillis(0));
        assertThat(store.expireDrafts(Instant.now().minus(Duration.ofHours(1)))).isEqualTo(1);
        put(bytes(4, 200));
    }

    @Test
    void aDraftThatIsWrittenNeverExpires() throws Exception {
        Sha256 id = Sha256.of(bytes(1, 10));
        try (BlobDraft draft = store.draft(id, 10, 0)) {
            assertThat(store.expireDrafts(Instant.now().plus(Duration.ofHours(1))))
                    .isZero();
            draft.write(ByteBuffer.wrap(bytes(1, 10)));
            draft.commit();
        }
        assertThat(store.size(id)).hasValue(10);
    }

    @Test
    void aDamagedBlobIsPutAsideAndCanBeStoredAnew() throws Exception {
        byte[] bytes = bytes(1, 500);
        Sha256 id = put(bytes);
        Files.write(store.path(id), bytes(2, 500));
        assertRefused(Reason.MISMATCH, () -> store.verify(id));
        assertThat(store.size(id)).isEmpty();
        assertRefused(Reason.MISSING, () -> store.verify(id));
        put(bytes);
        store.verify(id);
        assertThat(files("damaged")).isEqualTo(1);
    }

    @Test
    void hashesAreFileNamesAndNothingElse() {
        for (String hostile : new String[] {
            "", "..", "../../etc/passwd", "A".repeat(64), "a".repeat(63), "a".repeat(65), "a".repeat(63) + "/"
        }) {
            assertThatThrownBy(() -> new Sha256(hostile)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aStoreAgreesWithAPlainMapWhateverIsDone() throws Exception {
        Random random = new Random(11);
        Map<Sha256, byte[]> model = new HashMap<>();
        store = BlobStore.open(folder, new BlobLimits(1000, 1 << 20, 0));
        for (int step = 0; step < 300; step++) {
            byte[] bytes = bytes(random.nextInt(40), random.nextInt(200));
            Sha256 id = Sha256.of(bytes);
            switch (random.nextInt(4)) {
                case 0 -> {
                    store.delete(id);
                    model.remove(id);
                }
                case 1 -> store = BlobStore.open(folder, new BlobLimits(1000, 1 << 20, 0));
                default -> {
                    if (store.size(id).isEmpty()) {
                        put(bytes);
                    }
                    model.put(id, bytes);
                }
            }
            assertThat(store.all()).containsExactlyInAnyOrderElementsOf(model.keySet());
            assertThat(store.totalBytes())
                    .isEqualTo(model.values().stream().mapToLong(b -> b.length).sum());
        }
        for (Map.Entry<Sha256, byte[]> entry : model.entrySet()) {
            assertThat(store.path(entry.getKey())).hasBinaryContent(entry.getValue());
        }
    }
}
