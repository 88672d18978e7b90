package io.millrace.index.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GrowingMemoryTest {
    @Test
    void holdsWhatWasPutInOrderWhereverItsPiecesEnd() {
        Random random = new Random(5);
        int[] expected = IntStream.range(0, 3_000_000).toArray();
        try (Arena arena = Arena.ofConfined();
                GrowingMemory memory = new GrowingMemory()) {
            int at = 0;
            while (at < expected.length) {
                if (random.nextBoolean()) {
                    memory.putInt(expected[at++]);
                } else {
                    int count = Math.min(expected.length - at, random.nextInt(5_000));
                    memory.putInts(IntStream.range(at, at + count).toArray(), count);
                    at += count;
                }
                assertThat(memory.size()).isEqualTo(4L * at);
            }
            assertThat(memory.moveTo(arena).toArray(ValueLayout.JAVA_INT)).isEqualTo(expected);
            assertThat(memory.size()).isZero();
        }
    }

    @Test
    void bytesOfAnyNumberGoOnInTheNextPiece() {
        Random random = new Random(6);
        byte[] expected = new byte[200_000];
        random.nextBytes(expected);
        try (Arena arena = Arena.ofConfined();
                GrowingMemory memory = new GrowingMemory()) {
            ByteBuffer rest = ByteBuffer.wrap(expected);
            while (rest.hasRemaining()) {
                byte[] part = new byte[Math.min(rest.remaining(), random.nextInt(9_000))];
                rest.get(part);
                memory.putBytes(part);
            }
            assertThat(memory.moveTo(arena).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
        }
    }

    @Test
    void numbersOfEightBytesAndFloatsComeBack() {
        try (Arena arena = Arena.ofConfined();
                GrowingMemory longs = new GrowingMemory();
                GrowingMemory floats = new GrowingMemory();
                GrowingMemory empty = new GrowingMemory()) {
            for (int i = 0; i < 10_000; i++) {
                longs.putLong(-1L - i);
                floats.putFloat(i / 3f);
            }
            MemorySegment whole = longs.moveTo(arena);
            assertThat(whole.asByteBuffer().order(ByteOrder.nativeOrder()).getLong(9_999 * 8))
                    .isEqualTo(-10_000L);
            assertThat(floats.moveTo(arena).getAtIndex(ValueLayout.JAVA_FLOAT, 9_999))
                    .isEqualTo(9_999 / 3f);
            assertThat(empty.moveTo(arena).byteSize()).isZero();
        }
    }
}
