package io.millrace.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.millrace.model.InvalidModelException;
import io.millrace.model.memory.MemoryNeed;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorReadTest {
    @TempDir
    private Path folder;

    private SafetensorsFile file(RawTensors tensors) throws IOException {
        return SafetensorsFile.open(tensors.write(folder.resolve("weights.safetensors")));
    }

    /** The value of a type nearest to a float, of two equally near ones the even one: by trying all 65,536. */
    private static short nearestHalf(double value, TensorType type) {
        int best = -1;
        for (int bits = 0; bits < 0x10000; bits++) {
            double candidate = half(type, (short) bits);
            double distance = Math.abs(candidate - value);
            double least = best < 0 ? Double.POSITIVE_INFINITY : Math.abs(half(type, (short) best) - value);
            boolean sameSign = Double.doubleToRawLongBits(candidate) < 0 == Double.doubleToRawLongBits(value) < 0;
            if (Double.isFinite(candidate)
                    && sameSign
                    && (distance < least || (distance == least && (bits & 1) == 0))) {
                best = bits;
            }
        }
        return (short) best;
    }

    private static double half(TensorType type, short bits) {
        return type == TensorType.F16 ? Float.float16ToFloat(bits) : Float.intBitsToFloat(bits << Short.SIZE);
    }

    private static double[] samples(TensorType stored, int count, long seed) {
        Random random = new Random(seed);
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            double wide = random.nextGaussian() * Math.pow(2, random.nextInt(-20, 12));
            values[i] = switch (stored) {
                case F64 -> wide;
                case F32 -> (float) wide;
                case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) wide));
                default -> Float.intBitsToFloat(Float.floatToRawIntBits((float) wide) & 0xFFFF_0000);
            };
        }
        values[0] = 0.0;
        values[1] = -0.0;
        // Exactly between two neighbours of 8 bits: the lower one is even, then the upper one.
        if (stored == TensorType.F32 || stored == TensorType.F64) {
            values[2] = 1 + 1.0 / 256;
            values[3] = 1 + 3.0 / 256;
            values[4] = -(1 + 3.0 / 2048);
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({
        "F32, F32",
        "F32, BF16",
        "F32, F16",
        "BF16, F32",
        "BF16, BF16",
        "BF16, F16",
        "F16, F32",
        "F16, BF16",
        "F16, F16",
        "F64, F32",
        "F64, BF16",
        "F64, F16",
        "F64, F64"
    })
    void givesTheNearestValueOfTheTypeAskedFor(TensorType stored, TensorType as) throws IOException {
        double[] values = samples(stored, 300, 3);
        try (SafetensorsFile file = file(new RawTensors().add("w", stored, List.of(300L), values));
                Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(300L * as.bytes());
            file.read("w", as, target);
            byte[] heap = new byte[300 * as.bytes()];
            file.read("w", as, MemorySegment.ofArray(heap));
            assertThat(heap).isEqualTo(target.toArray(ValueLayout.JAVA_BYTE));
            for (int i = 0; i < values.length; i++) {
                double expected = switch (as) {
                    case F64 -> values[i];
                    case F32 -> (float) values[i];
                    default -> half(as, nearestHalf((float) values[i], as));
                };
                assertThat(ElementConversion.element(target, as, i))
                        .as("element %d, %s", i, values[i])
                        .isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, F32", "F32, BF16", "BF16, F32", "F64, F16"})
    void rowsAreThoseOfTheWholeTensorAcrossChunks(TensorType stored, TensorType as) throws IOException {
        int rows = 301;
        int columns = 997;
        double[] values = samples(stored, rows * columns, 4);
        RawTensors tensors = new RawTensors()
                .add("before", stored, List.of(3L), 1, 2, 3)
                .add("w", stored, List.of((long) rows, (long) columns), values);
        try (SafetensorsFile file = file(tensors)) {
            byte[] whole = new byte[rows * columns * as.bytes()];
            file.read("w", as, MemorySegment.ofArray(whole));
            Random random = new Random(5);
            for (int i = 0; i < 20; i++) {
                int begin = random.nextInt(rows + 1);
                int end = random.nextInt(begin, rows + 1);
                byte[] part = new byte[(end - begin) * columns * as.bytes()];
                file.read("w", begin, end, as, MemorySegment.ofArray(part));
                assertThat(MemorySegment.ofArray(part)
                                .mismatch(MemorySegment.ofArray(whole)
                                        .asSlice((long) begin * columns * as.bytes(), part.length)))
                        .isEqualTo(-1);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"F64, F32", "F32, F32", "F32, BF16", "BF16, BF16", "BF16, F32", "F16, F32", "F16, F16"})
    void namesTheFirstElementThatIsNotFinite(TensorType stored, TensorType as) throws IOException {
        int count = 70_001;
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            for (int at : Double.isNaN(bad) ? new int[] {0, 1, 2047, 65_536, count - 1} : new int[] {70_000}) {
                double[] values = new double[count];
                values[at] = bad;
                values[count - 1] = bad;
                try (SafetensorsFile file = file(new RawTensors().add("w", stored, List.of((long) count), values))) {
                    byte[] target = new byte[count * as.bytes()];
                    assertThatThrownBy(() -> file.read("w", as, MemorySegment.ofArray(target)))
                            .isInstanceOf(InvalidModelException.class)
                            .hasMessageContainingAll(
                                    "weights.safetensors", "tensor w holds " + bad + " at element " + at);
                    if (at > 1) {
                        file.read("w", 1, at, as, MemorySegment.ofArray(new byte[(at - 1) * as.bytes()]));
                    }
                }
            }
        }
    }

    @Test
    void everyFiniteHalfIsTakenAndEveryOtherRefused() {
        for (TensorType type : List.of(TensorType.F16, TensorType.BF16)) {
            for (int bits = 0; bits < 0x10000; bits += 7) {
                MemorySegment nine = MemorySegment.ofArray(new short[] {0, 0, 0, 0, 0, (short) bits, 0, 0, 0});
                ElementConversion conversion = new ElementConversion("file", "w", type, TensorType.F32);
                if (Double.isFinite(half(type, (short) bits))) {
                    conversion.checkFinite(nine, 0);
                } else {
                    assertThatThrownBy(() -> conversion.checkFinite(nine, 100))
                            .as("%s %x", type, bits)
                            .hasMessageContaining("at element 105");
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "F64, 1e39, F32, F32",
        "F64, 3.4028235677973366e38, F32, F32",
        "F32, 3.4e38, BF16, F32",
        "F32, 65520, F16, F32 or BF16",
        "BF16, -131072, F16, F32 or BF16"
    })
    void refusesAValueBeyondTheTypeAskedForAndSaysWhichTypeHoldsIt(
            TensorType stored, double value, TensorType as, String remedy) throws IOException {
        try (SafetensorsFile file = file(new RawTensors().add("w", stored, List.of(1L, 3L), 1, 2, value))) {
            assertThatThrownBy(() -> file.read("w", as, MemorySegment.ofArray(new byte[3 * as.bytes()])))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContainingAll("tensor w holds", "at element 2, beyond the range of " + as, remedy);
        }
    }

    @Test
    void theLargestValuesOfATypeAreTaken() throws IOException {
        try (SafetensorsFile file = file(new RawTensors().add("w", TensorType.F32, List.of(2L), 65519.996, -65504))) {
            short[] halves = new short[2];
            file.read("w", TensorType.F16, MemorySegment.ofArray(halves));
            assertThat(halves).containsExactly((short) 0x7BFF, (short) 0xFBFF);
        }
    }

    @Test
    void rowsBeyondFourGibibytesAreReadWithoutTheRest() throws IOException {
        long rows = (5L << 30) / 4096;
        RawTensors last = new RawTensors().add("w", TensorType.BF16, List.of(0L, 2048L));
        byte[] header = new String(last.bytes(), Long.BYTES, last.bytes().length - Long.BYTES, StandardCharsets.UTF_8)
                .replace("[0, 2048]", "[" + rows + ",2048]")
                .replace("[0,0]", "[0," + rows * 4096 + "]")
                .getBytes(StandardCharsets.UTF_8);
        Path path = folder.resolve("large.safetensors");
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.SPARSE, StandardOpenOption.WRITE)) {
            ByteBuffer prefix = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            channel.write(prefix.putLong(header.length).flip(), 0);
            channel.write(ByteBuffer.wrap(header), Long.BYTES);
            // -2.5 as the last element, all others 0.
            channel.write(
                    ByteBuffer.wrap(new byte[] {0x20, (byte) 0xC0}), Long.BYTES + header.length + rows * 4096 - 2);
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (SafetensorsFile file = SafetensorsFile.open(path);
                Arena arena = Arena.ofConfined()) {
            assertThat(MemoryNeed.of(file, TensorType.F32).heldBytes()).isEqualTo(10L << 30);
            assertThatThrownBy(() -> file.tensor("w"))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining("read it by rows");
            MemorySegment target = arena.allocate(1000L * 2048 * Float.BYTES);
            long before = threads.getCurrentThreadAllocatedBytes();
            file.read("w", rows - 1000, rows, TensorType.F32, target);
            assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1 << 20);
            assertThat(target.getAtIndex(ValueLayout.JAVA_FLOAT, 1000 * 2048 - 1))
                    .isEqualTo(-2.5f);
            assertThat(target.getAtIndex(ValueLayout.JAVA_FLOAT, 1000 * 2048 - 2))
                    .isZero();
        }
    }

    @Test
    void wholeNumbersAreGivenAsTheyAreOnly() throws IOException {
        byte[] bytes = {1, 2, 3, 4, 5, 6, 7, 8};
        try (SafetensorsFile file = file(new RawTensors().add("ids", TensorType.I64, List.of(1L), bytes))) {
            byte[] target = new byte[8];
            file.read("ids", TensorType.I64, MemorySegment.ofArray(target));
            assertThat(target).isEqualTo(bytes);
            assertThatThrownBy(() -> file.read("ids", TensorType.F32, MemorySegment.ofArray(new byte[4])))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining("tensor ids is I64");
        }
    }

    @Test
    void refusesATargetOfAnotherSizeAndRowsThatAreNotThere() throws IOException {
        try (SafetensorsFile file = file(new RawTensors().add("w", TensorType.F32, List.of(2L, 2L), 1, 2, 3, 4))) {
            MemorySegment target = MemorySegment.ofArray(new float[3]);
            assertThatThrownBy(() -> file.read("w", TensorType.F32, target)).hasMessageContaining("take 16 bytes");
            assertThatThrownBy(() -> file.read("w", 1, 3, TensorType.F32, target))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> file.read("w", -1, 1, TensorType.F32, target))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void aFileCutShortAfterItWasOpenedIsRefusedWhenItIsRead() throws IOException {
        double[] values = new double[400_000];
        try (SafetensorsFile file = file(new RawTensors().add("w", TensorType.F32, List.of(400_000L), values))) {
            try (FileChannel channel =
                    FileChannel.open(folder.resolve("weights.safetensors"), StandardOpenOption.WRITE)) {
                channel.truncate(900_000);
            }
            assertThatThrownBy(() -> file.tensor("w"))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContainingAll(
                            "weights.safetensors ends at byte 900000", "cut short after it was opened");
        }
    }
}
