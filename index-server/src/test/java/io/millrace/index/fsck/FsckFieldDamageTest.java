package io.millrace.index.fsck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.codec.ByteSink;
import io.millrace.index.codec.RecordCodec;
import io.millrace.index.codec.StoredValue;
import io.millrace.index.record.BufferedVersion;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.ShardFixture;
import io.millrace.index.store.Keys;
import io.millrace.v1.DocumentSource;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damage to the metadata that filters look at is named, and a shard that lost some is not served: segment 1 has a (version 0, en,
 * 1999) and b (1, de), and c (2, en) is in the write buffer.
 */
class FsckFieldDamageTest {
    private static final byte[] FIRST_CHUNK = chunk(0);

    @TempDir
    private Path directory;

    @BeforeEach
    void create() {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 2)) {
            fixture.apply(
                    ShardFixture.put(1, 1, "a", ShardFixture.scoring(1f), Map.of("lang", "en", "year", "1999")),
                    ShardFixture.put(2, 2, "b", ShardFixture.scoring(2f), Map.of("lang", "de")));
            fixture.apply(ShardFixture.put(3, 3, "c", ShardFixture.scoring(3f), Map.of("lang", "en")));
            assertThat(fixture.shard().size().segments()).isEqualTo(1);
        }
        assertThat(findings()).isEmpty();
    }

    @Test
    void missingChunkIsNamedAndTheShardNotServed() throws Exception {
        damage(rows -> rows.delete("filt", FIRST_CHUNK));
        assertThat(findings())
                .singleElement()
                .asString()
                .contains("segment 1", "0 values of metadata, not as many as announced");
        assertThatThrownBy(() -> ShardFixture.reopen(directory, 2))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPT));
    }

    @Test
    void flippedBitIsNamed() throws Exception {
        damage(rows -> rows.put("filt", FIRST_CHUNK, DamagedShard.flipped(rows.get("filt", FIRST_CHUNK))));
        assertThat(findings()).singleElement().asString().contains("segment 1", "CRC-32C");
    }

    @Test
    void chunksOutOfOrderOrToSpareAreNamed() throws Exception {
        damage(rows -> {
            rows.put("filt", chunk(1), rows.get("filt", FIRST_CHUNK));
            rows.delete("filt", FIRST_CHUNK);
        });
        assertThat(findings())
                .containsExactly(DamagedShard.SHARD + "FILT, segment 1: chunk 0 is missing; the next is 1");
        damage(rows -> rows.put("filt", chunk(0), rows.get("filt", chunk(1))));
        assertThat(findings()).singleElement().asString().contains("segment 1", "fields do not ascend");
        damage(rows -> {
            rows.delete("filt", chunk(1));
            rows.put("filt", new byte[] {1}, StoredValue.wrap(new byte[0]));
        });
        assertThat(findings()).singleElement().asString().contains("FILT, a row: its key has 1 bytes, not 8");
    }

    @Test
    void valuesThatDifferFromTheSourceAreNamed() throws Exception {
        String a = DamagedShard.SHARD + "FILT, segment 1, version 0 of document 'a': ";
        String b = DamagedShard.SHARD + "FILT, segment 1, version 1 of document 'b': ";
        replace(field("lang").value("de", 1).value("fr", 0).next("year").value("1999", 0));
        assertThat(findings()).containsExactly(a + "field 'lang' has 'fr', but in its SOURCE 'en'");
        replace(field("lang").value("de", 1).value("en", 0).next("year").value("1999", 1));
        assertThat(findings())
                .containsExactly(
                        a + "it has no value in field 'year', but its SOURCE has '1999'",
                        b + "it has a value in field 'year', but its SOURCE does not");
        replace(field("lang").value("de", 1).value("en", 0).value("fr", 0));
        assertThat(findings()).containsExactly(a + "field 'lang' has 'en' and 'fr', but in its SOURCE 'en'");
        replace(field("lang").value("de", 1).value("en", 0).next("year").value("1999", 7));
        assertThat(findings()).singleElement().asString().contains("segment 1", "documents of a value do not ascend");
    }

    @Test
    void sourceThatCannotBeReadOrSaysOtherwiseIsNamed() throws Exception {
        damage(rows -> rows.put("source", Keys.ordinal(0), StoredValue.wrap(new byte[] {(byte) 0xFF})));
        assertThat(findings()).singleElement().asString().contains("SOURCE, version 0: ", "cannot be decoded");
        byte[] other = DocumentSource.newBuilder()
                .putMetadata("lang", "en")
                .putMetadata("year", "2000")
                .build()
                .toByteArray();
        damage(rows -> rows.put("source", Keys.ordinal(0), StoredValue.wrap(other)));
        assertThat(findings())
                .singleElement()
                .asString()
                .contains("FILT, segment 1, version 0", "field 'year' has '1999', but in its SOURCE '2000'");
    }

    @Test
    void metadataOfTheWriteBufferIsHeldAgainstTheSource() throws Exception {
        byte[] other = RecordCodec.encode(new BufferedVersion(DocumentId.of("c"), Map.of("lang", "de")));
        damage(rows -> rows.put("buf", Keys.ordinal(2), other));
        assertThat(findings())
                .containsExactly(DamagedShard.SHARD + "BUF, version 2: its metadata differs from that in SOURCE");
    }

    private List<String> findings() {
        return Fsck.check(directory).findings();
    }

    private void replace(Entries entries) throws Exception {
        damage(rows -> rows.put("filt", FIRST_CHUNK, entries.bytes.toValue()));
    }

    private void damage(DamagedShard.Damage damage) throws Exception {
        try (RawRows rows = new RawRows(directory.resolve("shards/books.1.0"))) {
            damage.to(rows);
        }
    }

    private static byte[] chunk(int chunk) {
        return ByteBuffer.allocate(8).putInt(1).putInt(chunk).array();
    }

    private static Entries field(String name) {
        return new Entries().next(name);
    }

    /** Entries of a chunk, one document each. */
    private static final class Entries {
        private final ByteSink bytes = new ByteSink();
        private boolean named;

        Entries next(String name) {
            bytes.putByte(1).putString(name);
            named = true;
            return this;
        }

        Entries value(String value, int document) {
            if (!named) {
                bytes.putByte(0);
            }
            named = false;
            bytes.putString(value).putVarint(1).putVarint(document);
            return this;
        }
    }
}
