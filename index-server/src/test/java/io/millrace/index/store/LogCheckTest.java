package io.millrace.index.store;

import static io.millrace.index.shard.ShardFixture.put;
import static io.millrace.index.shard.ShardFixture.scoring;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.ShardFixture;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every bit of real logs is flipped, and every length tried that a file can be cut to. */
class LogCheckTest {
    @TempDir
    private Path directory;

    private Path folder;
    private List<Path> logs;

    @BeforeEach
    void write() throws IOException {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 4)) {
            folder = fixture.folder();
            for (int i = 1; i <= 10; i++) {
                fixture.apply(put(i, i, "doc-" + i, scoring(i)));
            }
            int[] terms = new int[9_000];
            float[] weights = new float[terms.length];
            Arrays.setAll(terms, i -> i);
            Arrays.fill(weights, 1f);
            // More than a block: a record in fragments.
            fixture.apply(put(11, 11, "long", new SparseVector(terms, weights)));
            fixture.apply(put(12, 12, "last", scoring(1f)));
        }
        try (Stream<Path> files = Files.list(folder)) {
            logs = files.filter(file -> file.toString().endsWith(".log"))
                    .filter(file -> file.toFile().length() > 0)
                    .sorted()
                    .toList();
        }
        assertThat(logs).hasSizeGreaterThan(2);
        LogCheck.run(folder);
    }

    @Test
    void flippedBitBeforeTheLastRecordIsFound() throws IOException {
        for (Path log : logs) {
            byte[] bytes = Files.readAllBytes(log);
            int end = log.equals(logs.getLast()) ? lastRecord(bytes) : bytes.length;
            // Each bit of short files, some of long ones.
            for (int bit = 0; bit < end * 8; bit += 1 + end / 500) {
                byte[] flipped = bytes.clone();
                flipped[bit / 8] ^= (byte) (1 << bit % 8);
                Files.write(log, flipped);
                assertThatThrownBy(() -> LogCheck.run(folder))
                        .as("bit %d of %s of %d bytes", bit, log.getFileName(), bytes.length)
                        .isInstanceOf(StoreException.class)
                        .hasMessageContaining(log.getFileName().toString());
            }
            Files.write(log, bytes);
        }
    }

    @Test
    void lastFileMayEndAnywhereAndEarlierOnesOnlyBetweenRecords() throws IOException {
        for (Path log : logs) {
            byte[] bytes = Files.readAllBytes(log);
            for (int length = 0; length < bytes.length; length += 1 + bytes.length / 3_000) {
                Files.write(log, Arrays.copyOf(bytes, length));
                if (log.equals(logs.getLast()) || isWhole(bytes, length)) {
                    LogCheck.run(folder);
                } else {
                    assertThatThrownBy(() -> LogCheck.run(folder))
                            .as("%s cut to %d", log.getFileName(), length)
                            .isInstanceOf(StoreException.class);
                }
            }
            Files.write(log, bytes);
        }
    }

    @Test
    void fileThatRocksKnowsToBeLongerIsRefused() throws IOException {
        Files.write(logs.get(1), new byte[0]);
        refusedToOpen();
        Files.delete(logs.get(1));
        refusedToOpen();
    }

    @Test
    void zerosAtTheEndAreWhatACrashLeaves() throws IOException {
        byte[] bytes = Files.readAllBytes(logs.getLast());
        Files.write(logs.getLast(), Arrays.copyOf(bytes, bytes.length + 100_000));
        LogCheck.run(folder);
    }

    @Test
    void recordOfARecycledLogInTheManifestIsRefusedInsteadOfReadForEver() throws IOException {
        Path manifest;
        try (Stream<Path> files = Files.list(folder)) {
            manifest = files.filter(file -> file.getFileName().toString().startsWith("MANIFEST"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(manifest);
        for (int at = 0; at < bytes.length; at += length(bytes, at)) {
            byte[] flipped = bytes.clone();
            flipped[at + 6] ^= 4;
            Files.write(manifest, flipped);
            assertThatThrownBy(() -> LogCheck.run(folder))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("byte " + at + " of " + manifest.getFileName())
                    .hasMessageContaining("no record of type 5");
        }
    }

    private void refusedToOpen() {
        assertThatThrownBy(() -> ShardStore.open(folder))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPT));
    }

    private static int lastRecord(byte[] bytes) {
        int last = 0;
        for (int at = 0; at < bytes.length; at += length(bytes, at)) {
            last = at;
        }
        return last;
    }

    private static boolean isWhole(byte[] bytes, int length) {
        int at = 0;
        int type = 1;
        while (at < length) {
            type = bytes[at + 6];
            at += length(bytes, at);
        }
        return at == length && (type == 1 || type == 4);
    }

    /** Bytes of a record and of what is left empty after it at the end of its block. */
    private static int length(byte[] bytes, int at) {
        int length = 7 + (bytes[at + 4] & 0xFF) + ((bytes[at + 5] & 0xFF) << 8);
        int left = (32 << 10) - (at + length) % (32 << 10);
        return left < 7 ? length + left : length;
    }
}
