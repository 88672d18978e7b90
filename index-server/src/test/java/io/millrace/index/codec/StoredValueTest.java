package io.millrace.index.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.ShardCounters;
import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.record.Stamp;
import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.record.WeightScheme.Format;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentAssembler;
import io.millrace.index.segment.SegmentBuilder;
import io.millrace.index.shard.Corpora;
import io.millrace.vector.SparseVector;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of stored value comes back as it was, and is refused when cut short or changed in any bit. */
class StoredValueTest {
    private static final ShardDescriptor DESCRIPTOR =
            new ShardDescriptor(new ShardIdentity("books", 3, 5), "ab".repeat(32), 7, WeightScheme.uint8(2.5f));
    private static final Manifest MANIFEST = new Manifest(
            List.of(new SegmentInfo(1, 10, 20, 300, 44), new SegmentInfo(4, 1, 1, 1L << 40, 2, 1L << 33)), 9);
    private static final SparseVector VECTOR = new SparseVector(new int[] {0, 9, -1}, new float[] {1f, .5f, 3e30f});

    static Stream<Arguments> values() {
        DocumentEntry entry = new DocumentEntry(new Stamp(-2, -3), 77);
        ShardCounters counters = new ShardCounters(1, 2, 3, 4);
        return Stream.of(
                kind("descriptor", RecordCodec.encode(DESCRIPTOR), RecordCodec::descriptor, DESCRIPTOR),
                kind("counters", RecordCodec.encode(counters), RecordCodec::counters, counters),
                kind("entry", RecordCodec.encode(entry), value -> RecordCodec.entry("a", value), entry),
                kind("vector", RecordCodec.encode(VECTOR), value -> RecordCodec.vector(1, value), VECTOR),
                kind("manifest", MANIFEST.encode(), Manifest::decode, MANIFEST));
    }

    private static <T> Arguments kind(String name, byte[] value, Function<byte[], T> decode, T expected) {
        return Arguments.of(name, value, decode, expected);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("values")
    void comesBackAndRefusesEveryCutAndFlip(String name, byte[] value, Function<byte[], ?> decode, Object expected) {
        assertThat(decode.apply(value)).isEqualTo(expected);
        refusesEveryCutAndFlip(
                value, damaged -> assertThat(decode.apply(damaged)).isNull());
    }

    @Test
    void segmentChunksComeBackAndRefuseEveryCutAndFlip() {
        for (Format format : Format.values()) {
            Segment segment = segment(format, 40);
            byte[] documents = SegmentCodec.encodeDocuments(segment, 0, 40);
            Segment copy = copy(segment, documents);
            for (int document = 0; document < 40; document++) {
                assertThat(copy.id(document)).isEqualTo(segment.id(document));
                assertThat(copy.ordinal(document)).isEqualTo(segment.ordinal(document));
            }
            for (int place = 0; place < segment.info().terms(); place++) {
                assertThat(copy.term(place)).isEqualTo(segment.term(place));
                assertThat(copy.postingStart(place + 1)).isEqualTo(segment.postingStart(place + 1));
            }
            for (int place = 0; place < segment.info().terms(); place++) {
                assertThat(documents(copy, place)).isEqualTo(documents(segment, place));
            }
            assertThat(copy.postingWeights().mismatch(segment.postingWeights())).isEqualTo(-1);
            byte[] postings = encodePostings(segment, 0);
            refusesEveryCutAndFlip(documents, value -> SegmentCodec.decodeDocuments("chunk", value, into(segment)));
            refusesEveryCutAndFlip(postings, value -> {
                SegmentAssembler into = into(segment);
                into.beginTerm(0);
                SegmentCodec.decodePostings("chunk", value, format, into);
            });
            copy.release();
            segment.release();
        }
    }

    @Test
    void checkedFrameWithHostileCountsIsRefusedBeforeAnythingIsAllocated() {
        byte[] bomb = new ByteSink().putByte(1).putVarint(Integer.MAX_VALUE).toValue();
        Segment segment = segment(Format.FLOAT32, 2);
        assertThatThrownBy(() -> SegmentCodec.decodePostings("chunk", bomb, Format.FLOAT32, into(segment)))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("announces 2147483647 entries");
        assertThatThrownBy(() -> Manifest.decode(
                        new ByteSink().putInt(1).putVarint(1L << 40).toValue()))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("announces");
        segment.release();
    }

    @Test
    void unknownFormatIsNamed() {
        byte[] value = new ByteSink().putInt(1).toValue();
        value[0] = 9;
        // Sealed anew: the checksum is right, only the format is from another time.
        CRC32C crc = new CRC32C();
        crc.update(value, 0, value.length - Integer.BYTES);
        ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).putInt(value.length - Integer.BYTES, (int)
                crc.getValue());
        assertThatThrownBy(() -> StoredValue.unwrap("the thing", value))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.UNSUPPORTED))
                .hasMessageContaining("the thing has format 9; this version reads format 1");
    }

    @Test
    void unknownSchemaVersionIsNamed() {
        byte[] later = new ByteSink().putInt(RecordCodec.MAGIC).putInt(4).toValue();
        assertThatThrownBy(() -> RecordCodec.descriptor(later))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.UNSUPPORTED))
                .hasMessageContaining("schema version 4; this version reads 3");
        byte[] foreign = new ByteSink().putInt(42).putInt(1).toValue();
        assertThatThrownBy(() -> RecordCodec.descriptor(foreign)).hasMessageContaining("not a Millrace shard");
    }

    private static void refusesEveryCutAndFlip(byte[] value, Consumer<byte[]> decode) {
        for (int length = 0; length < value.length; length++) {
            byte[] cut = Arrays.copyOf(value, length);
            assertThatThrownBy(() -> decode.accept(cut)).isInstanceOf(StoreException.class);
        }
        for (int bit = 0; bit < value.length * 8; bit++) {
            byte[] flipped = value.clone();
            flipped[bit / 8] ^= (byte) (1 << (bit % 8));
            assertThatThrownBy(() -> decode.accept(flipped)).isInstanceOf(StoreException.class);
        }
    }

    private static Segment segment(Format format, int documents) {
        Random random = new Random(3);
        List<DocumentVersion> versions = new ArrayList<>();
        for (int i = 0; i < documents; i++) {
            versions.add(new DocumentVersion(
                    5 + i * 300L, DocumentId.of("é".repeat(1 + i)), Corpora.vector(random, 10, 12)));
        }
        return SegmentBuilder.build(versions, new WeightScheme(format, 2f));
    }

    private static SegmentAssembler into(Segment segment) {
        return new SegmentAssembler(segment.format(), segment.info());
    }

    private static Segment copy(Segment segment, byte[] documents) {
        SegmentAssembler into = into(segment);
        SegmentCodec.decodeDocuments("chunk", documents, into);
        for (int place = 0; place < segment.info().terms(); place++) {
            into.beginTerm(segment.term(place));
            SegmentCodec.decodePostings("chunk", encodePostings(segment, place), segment.format(), into);
        }
        return into.finish();
    }

    private static byte[] encodePostings(Segment segment, int place) {
        return SegmentCodec.encodePostings(
                segment, documents(segment, place), segment.postingStart(place), 0, segment.postings(place));
    }

    private static int[] documents(Segment segment, int place) {
        int[] documents = new int[segment.postings(place)];
        segment.readDocuments(place, documents);
        return documents;
    }
}
