package io.millrace.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VectorBlockCodecTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void anyVectorsSurviveTheRoundTrip(long seed) {
        Random random = new Random(seed);
        List<SparseVector> vectors = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            vectors.add(randomVector(random));
        }
        byte[] block = VectorBlockCodec.encode(vectors);
        assertThat(VectorBlockCodec.decode(block, vectors.size(), VectorBlockCodec.crc32c(block)))
                .isEqualTo(vectors);
    }

    @Test
    void aDamagedBlockIsRefusedByItsChecksum() {
        byte[] block = VectorBlockCodec.encode(List.of(new SparseVector(new int[] {3}, new float[] {1f})));
        int crc = VectorBlockCodec.crc32c(block);
        block[block.length - 1] ^= 1;
        assertThatThrownBy(() -> VectorBlockCodec.decode(block, 1, crc))
                .isInstanceOf(InvalidVectorException.class)
                .hasMessageContaining("damaged");
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void noTruncationOrBitFlipCausesAnythingButARefusal(long seed) {
        Random random = new Random(seed);
        byte[] block = VectorBlockCodec.encode(List.of(randomVector(random), randomVector(random)));
        for (int length = 0; length < block.length; length++) {
            byte[] cut = Arrays.copyOf(block, length);
            assertThatThrownBy(() -> VectorBlockCodec.decode(cut, 2)).isInstanceOf(InvalidVectorException.class);
        }
        for (int bit = 0; bit < block.length * 8; bit++) {
            byte[] flipped = block.clone();
            flipped[bit / 8] ^= (byte) (1 << (bit % 8));
            try {
                VectorBlockCodec.decode(flipped, 2); // a flip may yield another valid vector: the checksum's business
            } catch (InvalidVectorException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void aCountBombAllocatesNothing() {
        byte[] bomb = {VectorBlockCodec.FORMAT_FLOAT32, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x07};
        assertThatThrownBy(() -> VectorBlockCodec.decode(bomb, 1))
                .isInstanceOf(InvalidVectorException.class)
                .hasMessageContaining("announces 2147483647 entries");
        assertThatThrownBy(() -> VectorBlockCodec.decode(bomb, Integer.MAX_VALUE))
                .hasMessageContaining("limit");
    }

    @Test
    void anUnknownFormatIsRefused() {
        assertThatThrownBy(() -> VectorBlockCodec.decode(new byte[] {9, 0}, 1)).hasMessageContaining("format 9");
    }

    @Test
    void termIdsUseTheWholeUnsignedRange() {
        SparseVector vector = new SparseVector(new int[] {0, 1 << 31, -1}, new float[] {1f, 2f, 3f});
        byte[] block = VectorBlockCodec.encode(List.of(vector));
        assertThat(VectorBlockCodec.decode(block, 1)).containsExactly(vector);
        assertThat(vector.weight(-1)).isEqualTo(3f);
        assertThat(vector.weight(7)).isZero();
    }

    static SparseVector randomVector(Random random) {
        int size = random.nextInt(200);
        int[] ids = random.ints(size)
                .distinct()
                .boxed()
                .sorted(Integer::compareUnsigned)
                .mapToInt(Integer::intValue)
                .toArray();
        float[] weights = new float[ids.length];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Float.MIN_VALUE + random.nextFloat() * 4;
        }
        return new SparseVector(ids, weights);
    }
}
