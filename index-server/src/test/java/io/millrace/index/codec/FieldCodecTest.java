package io.millrace.index.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.filter.FieldColumns;
import io.millrace.index.filter.FieldColumnsBuilder;
import io.millrace.index.filter.FieldInversion;
import io.millrace.index.filter.Metadata;
import io.millrace.index.record.BufferedVersion;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.StoreException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Metadata survives its bytes, and bytes that are not metadata are named as damage. */
class FieldCodecTest {
    @Test
    void randomMetadataSurvives() {
        for (long seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            List<Map<String, String>> documents = new ArrayList<>();
            for (int i = random.nextInt(200); i >= 0; i--) {
                documents.add(Metadata.random(random));
            }
            roundTrip(documents);
        }
    }

    @Test
    void chunksStayBelowTheirLimitWhateverIsLong() {
        String longest = "v".repeat(16 << 10);
        List<Map<String, String>> longValues = IntStream.range(0, 300)
                .mapToObj(i -> Map.of("field", i + longest))
                .toList();
        assertThat(roundTrip(longValues)).isGreaterThan(2);
        // A list that goes on in another entry and in another chunk.
        Map<String, String> same = Map.of("all", "same");
        assertThat(roundTrip(IntStream.range(0, 1_200_000).mapToObj(i -> same).toList()))
                .isEqualTo(2);
    }

    @Test
    void noMetadataHasNoChunk() {
        assertThat(new FieldCodec.Chunks(FieldColumns.NONE)).isExhausted();
    }

    @Test
    void cutAndFlippedBytesAreNamed() {
        byte[] value = chunk(List.of(Map.of("lang", "en", "year", "1999"), Map.of("lang", "de")));
        for (int length = 0; length < value.length; length++) {
            byte[] cut = Arrays.copyOf(value, length);
            assertThatThrownBy(() -> decode(cut, 2)).isInstanceOf(StoreException.class);
        }
        for (int bit = 0; bit < value.length * 8; bit++) {
            byte[] flipped = value.clone();
            flipped[bit / 8] ^= (byte) (1 << (bit % 8));
            assertThatThrownBy(() -> decode(flipped, 2)).isInstanceOf(StoreException.class);
        }
    }

    @Test
    void contentThatIsNoMetadataIsRefusedUnderARightChecksum() {
        refused(new ByteSink().putByte(0).putString("v").putVarint(1).putVarint(0), "begins with 0");
        refused(new ByteSink().putByte(7), "begins with 7");
        refused(new ByteSink().putByte(1).putVarint(1L << 40), "announces 1099511627776 entries");
        refused(new ByteSink().putByte(1).putString("f").putString("v").putVarint(0), "has no document");
        refused(
                new ByteSink()
                        .putByte(1)
                        .putString("f")
                        .putString("v")
                        .putVarint(1)
                        .putVarint(1L << 31),
                "2147483648 is out of range");
        refused(
                new ByteSink()
                        .putByte(1)
                        .putString("f")
                        .putString("v")
                        .putVarint(1)
                        .putVarint(-1),
                "-1 is out of range");
        assertThatThrownBy(() -> decode(
                        new ByteSink()
                                .putByte(1)
                                .putString("f")
                                .putString("v")
                                .putVarint(1)
                                .putVarint(2)
                                .toValue(),
                        2))
                .hasMessageContaining("do not ascend");
    }

    @Test
    void bufferedVersionsSurviveAndDamageIsNamed() {
        BufferedVersion version = new BufferedVersion(DocumentId.of("é"), Map.of("lang", "en", "", ""));
        byte[] value = RecordCodec.encode(version);
        assertThat(RecordCodec.buffered(value)).isEqualTo(version);
        for (int length = 0; length < value.length; length++) {
            byte[] cut = Arrays.copyOf(value, length);
            assertThatThrownBy(() -> RecordCodec.buffered(cut)).isInstanceOf(StoreException.class);
        }
        byte[] noId = new ByteSink().putString("").putVarint(0).toValue();
        assertThatThrownBy(() -> RecordCodec.buffered(noId)).hasMessageContaining("document id has 0 bytes");
        byte[] bomb = new ByteSink().putString("a").putVarint(1L << 30).toValue();
        assertThatThrownBy(() -> RecordCodec.buffered(bomb)).hasMessageContaining("announces 1073741824 entries");
    }

    private static void refused(ByteSink content, String why) {
        assertThatThrownBy(() -> decode(content.toValue(), 2))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining(why);
    }

    private static byte[] chunk(List<Map<String, String>> documents) {
        try (Arena arena = Arena.ofConfined()) {
            return new FieldCodec.Chunks(FieldInversion.of(documents, arena)).next();
        }
    }

    private static void decode(byte[] value, int documents) {
        try (FieldColumnsBuilder into = new FieldColumnsBuilder(documents)) {
            FieldCodec.decode("chunk", value, into);
        }
    }

    /** Returns how many chunks there were. */
    private static int roundTrip(List<Map<String, String>> documents) {
        try (Arena arena = Arena.ofConfined();
                FieldColumnsBuilder into = new FieldColumnsBuilder(documents.size())) {
            FieldColumns columns = FieldInversion.of(documents, arena);
            int chunks = 0;
            for (var chunk = new FieldCodec.Chunks(columns); chunk.hasNext(); chunks++) {
                byte[] value = chunk.next();
                assertThat(value).hasSizeLessThan(4 << 20);
                FieldCodec.decode("chunk", value, into);
            }
            FieldColumns copy = into.build(arena);
            assertThat(copy.fields()).isEqualTo(columns.fields());
            assertThat(copy.documents().mismatch(columns.documents())).isEqualTo(-1);
            assertThat(copy.valueBytes().mismatch(columns.valueBytes())).isEqualTo(-1);
            assertThat(copy.listStarts().mismatch(columns.listStarts())).isEqualTo(-1);
            assertThat(copy.numbers().mismatch(columns.numbers())).isEqualTo(-1);
            assertThat(copy.numberValues().mismatch(columns.numberValues())).isEqualTo(-1);
            return chunks;
        }
    }
}
