package io.millrace.index.fsck;

import static io.millrace.index.shard.ShardFixture.put;
import static io.millrace.index.shard.ShardFixture.scoring;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.codec.Manifest;
import io.millrace.index.codec.StoredValue;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.ShardFixture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.rocksdb.RocksDBException;

/**
 * A shard to be damaged: segment 1 has a (version 0), b (1), c (2), d (3) and four more, of which a was replaced since (8) and b
 * deleted; a and e (9) are in the write buffer.
 *
 * @param directory data directory of its server
 */
record DamagedShard(Path directory) {
    static final String SHARD = "shard books.1.0: ";
    static final byte[] NOTHING = StoredValue.wrap(new byte[0]);

    interface Damage {
        void to(RawRows rows) throws RocksDBException;
    }

    void create(WeightScheme weights) {
        try (ShardFixture fixture = ShardFixture.create(directory, weights, 8)) {
            fixture.apply(
                    put(1, 1, "a", scoring(1f)),
                    put(2, 2, "b", scoring(2f)),
                    put(3, 3, "c", scoring(3f)),
                    put(4, 4, "d", scoring(4f)),
                    put(5, 5, "f", scoring(1f)),
                    put(6, 6, "g", scoring(1f)),
                    put(7, 7, "h", scoring(1f)),
                    put(8, 8, "i", scoring(1f)));
            fixture.apply(put(9, 9, "a", scoring(5f)), ShardFixture.delete(10, 10, "b"));
            fixture.apply(put(11, 11, "e", scoring(1f)));
            assertThat(fixture.shard().size().segments()).isEqualTo(1);
        }
    }

    /** Makes the shard anew, damages it, and expects these findings; '*' stands for any text. */
    void check(WeightScheme weights, Damage damage, String... expected) throws Exception {
        removeShards();
        create(weights);
        try (RawRows rows = new RawRows(directory.resolve("shards/books.1.0"))) {
            damage.to(rows);
        }
        List<String> findings = new ArrayList<>(Fsck.check(directory).findings());
        assertThat(findings).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            String[] parts = expected[i].split("\\*", -1);
            assertThat(findings.get(i)).startsWith(SHARD + parts[0]);
            assertThat(findings.get(i)).contains(parts);
            if (parts.length == 1) {
                assertThat(findings.get(i)).isEqualTo(SHARD + expected[i]);
            }
        }
    }

    private void removeShards() throws IOException {
        if (!Files.exists(directory.resolve("shards"))) {
            return;
        }
        try (Stream<Path> tree = Files.walk(directory.resolve("shards"))) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    Path largest(String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(path -> path.toString().endsWith(suffix))
                    .max(Comparator.comparingLong(path -> path.toFile().length()))
                    .orElseThrow();
        }
    }

    static void manifest(RawRows rows, int next, SegmentInfo... segments) throws RocksDBException {
        rows.put("default", utf8("manifest"), new Manifest(List.of(segments), next).encode());
    }

    static byte[] postings(int chunk) {
        return ByteBuffer.allocate(12).putInt(1).putInt(7).putInt(chunk).array();
    }

    static byte[] client(String name) {
        return ByteBuffer.allocate(2 + name.length())
                .putShort((short) name.length())
                .put(utf8(name))
                .array();
    }

    static byte[] flipped(byte[] value) {
        byte[] flipped = value.clone();
        flipped[flipped.length / 2] ^= 1;
        return flipped;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
