package io.millrace.index.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.crash.OperationStream;
import io.millrace.index.record.ShardCheckpoint;
import io.millrace.index.record.StoreException;
import io.millrace.index.store.DataDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot that is not as it was made is refused, with the file named, and no shard comes of it. */
class DamagedSnapshotTest {
    @TempDir
    private Path folder;

    private Path whole;

    @BeforeEach
    void take() throws Exception {
        try (SnapshotFixture fixture = new SnapshotFixture(folder).write(new OperationStream(17), 1, 120)) {
            whole = fixture.snapshot("whole").folder();
        }
    }

    @Test
    void flippedBitInAnyFileIsRefused() throws Exception {
        Random random = new Random(1);
        for (Path file : entries(whole)) {
            byte[] bytes = Files.readAllBytes(file);
            for (int i = 0; i < 5 && bytes.length > 0; i++) {
                byte[] flipped = bytes.clone();
                int at = random.nextInt(bytes.length);
                if (Character.isWhitespace(flipped[at])) {
                    // Of the manifest, blanks may change; of other files, another byte will do as well.
                    at = flipped.length / 2;
                }
                flipped[at] ^= (byte) (1 << random.nextInt(7));
                Path damaged = copy("flip-" + file.getFileName() + "-" + i);
                Files.write(damaged.resolve(file.getFileName()), flipped);
                refused(damaged, file.getFileName().toString());
            }
        }
    }

    @Test
    void truncatedGrownEmptiedAndMissingFilesAreRefused() throws Exception {
        for (Path file : entries(whole)) {
            String name = file.getFileName().toString();
            byte[] bytes = Files.readAllBytes(file);
            if (bytes.length > 2) {
                Path cut = copy("cut-" + name);
                Files.write(cut.resolve(name), Arrays.copyOf(bytes, bytes.length - 2));
                refused(cut, name);
                Path emptied = copy("emptied-" + name);
                Files.write(emptied.resolve(name), new byte[0]);
                refused(emptied, name);
            }
            Path grown = copy("grown-" + name);
            byte[] more = Arrays.copyOf(bytes, bytes.length + 1);
            more[bytes.length] = 'x';
            Files.write(grown.resolve(name), more);
            refused(grown, name);
            Path missing = copy("missing-" + name);
            Files.delete(missing.resolve(name));
            refused(missing, name);
        }
    }

    @Test
    void fileThatTheManifestDoesNotNameIsRefused() throws Exception {
        Path extra = copy("extra");
        Files.writeString(extra.resolve("000999.sst"), "extra");
        refused(extra, "000999.sst");
        Path folderInside = copy("folder-inside");
        Files.createDirectory(folderInside.resolve("archive"));
        refused(folderInside, "archive");
    }

    @Test
    void linkInPlaceOfAFileIsRefused() throws Exception {
        Path linked = copy("linked");
        Files.move(linked.resolve("CURRENT"), folder.resolve("CURRENT"));
        Files.createSymbolicLink(linked.resolve("CURRENT"), folder.resolve("CURRENT"));
        refused(linked, "CURRENT");
    }

    @Test
    void otherFormatIsRefusedAsSuch() throws Exception {
        Path other = copy("other");
        Path manifest = other.resolve(SnapshotManifest.FILE);
        Files.writeString(manifest, Files.readString(manifest).replace("\"format\" : 1", "\"format\" : 2"));
        assertThatThrownBy(() -> Snapshot.open(other))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.UNSUPPORTED))
                .hasMessageContaining(SnapshotManifest.FILE)
                .hasMessageContaining("is of format 2 but this version reads format 1");
    }

    @Test
    void manifestThatLeadsOutOfItsFolderIsRefused() throws Exception {
        Snapshot snapshot = Snapshot.open(whole);
        for (String name : List.of("../secret", "/etc/passwd", "a/b", "..", "")) {
            SnapshotManifest wicked = new SnapshotManifest(
                    snapshot.manifest().checkpoint(),
                    snapshot.manifest().created(),
                    List.of(new SnapshotFile(name, 1, "0".repeat(64))));
            Path copy = copy("wicked-" + name.hashCode());
            Files.writeString(copy.resolve(SnapshotManifest.FILE), ManifestJson.write(wicked));
            refused(copy, SnapshotManifest.FILE);
        }
    }

    @Test
    void manifestOfAnotherStateIsRefused() throws Exception {
        Snapshot snapshot = Snapshot.open(whole);
        ShardCheckpoint checkpoint = snapshot.manifest().checkpoint();
        SnapshotManifest wrong = new SnapshotManifest(
                new ShardCheckpoint(checkpoint.descriptor(), checkpoint.appliedIndex() + 1, checkpoint.documents()),
                snapshot.manifest().created(),
                snapshot.manifest().files());
        Path copy = copy("wrong");
        Files.writeString(copy.resolve(SnapshotManifest.FILE), ManifestJson.write(wrong));
        Path data = folder.resolve("restored");
        assertThatThrownBy(() -> Snapshot.open(copy).restore(data)).hasMessageContaining("at index 120");
        assertThat(entries(data.resolve("shards"))).isEmpty();
    }

    private void refused(Path damaged, String file) throws IOException {
        assertThatThrownBy(() -> Snapshot.open(damaged).verify())
                .as("verify %s", damaged)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining(file);
        Path data = folder.resolve("restored");
        assertThatThrownBy(() -> Snapshot.open(damaged).restore(data))
                .as("restore %s", damaged)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining(file);
        DataDirectory.open(data).close();
        assertThat(entries(data.resolve("shards"))).isEmpty();
    }

    private Path copy(String name) throws IOException {
        Path copy = Files.createDirectory(folder.resolve(name));
        for (Path file : entries(whole)) {
            Files.copy(file, copy.resolve(file.getFileName()));
        }
        return copy;
    }

    private static List<Path> entries(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.sorted().toList();
        }
    }
}
