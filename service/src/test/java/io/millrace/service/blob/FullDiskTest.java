package io.millrace.service.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.service.blob.BlobException.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store on a disk that is soon full. */
class FullDiskTest {
    @TempDir
    private Path directory;

    private Path disk;
    private BlobStore store;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectory(directory.resolve("disk"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk.toString()),
                "a tmpfs can not be mounted here (that takes root); full disks are not tried");
        store = BlobStore.open(disk.resolve("store"), new BlobLimits(1 << 30, 1 << 30, 0));
    }

    @AfterEach
    void unmount() throws Exception {
        run("umount", disk.toString());
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    private void fill() throws IOException {
        try (OutputStream out = Files.newOutputStream(disk.resolve("filler"))) {
            byte[] page = new byte[4096];
            while (true) {
                out.write(page);
            }
        } catch (IOException full) {
            assertThat(disk.toFile().getUsableSpace()).isLessThan(4096);
        }
    }

    @Test
    void whatDoesNotFitIsRefusedBeforeItBegins() {
        assertThatThrownBy(() -> store.draft(Sha256.of(new byte[1]), 5 << 20, 0))
                .isInstanceOfSatisfying(
                        BlobException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NO_ROOM))
                .hasMessageContaining("make room");
    }

    @Test
    void aDiskThatFillsUpMeanwhileLeavesNothingOfTheBlob() throws Exception {
        byte[] bytes = new byte[3 << 20];
        new Random(1).nextBytes(bytes);
        Sha256 id = Sha256.of(bytes);
        try (BlobDraft draft = store.draft(id, bytes.length, 0)) {
            draft.write(ByteBuffer.wrap(bytes, 0, 1 << 20));
            fill();
            assertThatThrownBy(() -> draft.write(ByteBuffer.wrap(bytes, 1 << 20, 2 << 20)))
                    .isInstanceOfSatisfying(
                            BlobException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NO_ROOM));
        }
        assertThat(store.size(id)).isEmpty();
        assertThat(store.draftBytes(id)).isZero();
        try (Stream<Path> drafts = Files.list(disk.resolve("store/drafts"))) {
            assertThat(drafts).isEmpty();
        }
        Files.delete(disk.resolve("filler"));
        try (BlobDraft draft = store.draft(id, bytes.length, 0)) {
            draft.write(ByteBuffer.wrap(bytes));
            draft.commit();
        }
        store.verify(id);
    }
}
