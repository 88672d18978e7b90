package io.millrace.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of damaged files: each is refused with an {@link InvalidModelException}, or read exactly as
 * {@link NaiveSafetensors} reads it; soon, and without taking memory for what it claims to hold.
 */
class SafetensorsFuzzTest {
    private static final long DEADLINE_SECONDS = 10;

    /** The files have less than 1 KiB; one reading of a file needs some tens of KiB of buffers a tensor. */
    private static final long MOST_HEAP_BYTES = 8 << 20;

    private final ExecutorService reader = Executors.newSingleThreadExecutor();
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private int refused;
    private int read;

    @TempDir
    private Path folder;

    @AfterEach
    void stop() {
        reader.shutdownNow();
    }

    private static RawTensors sample() {
        return new RawTensors()
                .add("model.embed.weight", TensorType.F32, List.of(4L, 3L), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
                .add("a", TensorType.F16, List.of(2L, 2L), 0.5, -1, 65504, 0)
                .add("b", TensorType.BF16, List.of(3L), -2.5, 1e30, 0)
                .add("c", TensorType.F64, List.of(), 0.1)
                .add("ids", TensorType.I64, List.of(1L), new byte[8])
                .add("none", TensorType.F32, List.of(0L, 5L));
    }

    private void check(byte[] bytes, String what) throws Exception {
        Path file = folder.resolve("fuzzed.safetensors");
        // Not cut to nothing first: some file systems then write it out at once, which takes most of the time.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), 0);
            channel.truncate(bytes.length);
            long allocated = reader.submit(() -> {
                        long before = threads.getCurrentThreadAllocatedBytes();
                        readLikeTheNaive(file, bytes);
                        return threads.getCurrentThreadAllocatedBytes() - before;
                    })
                    .get(DEADLINE_SECONDS, TimeUnit.SECONDS);
            assertThat(allocated).as(what).isLessThan(MOST_HEAP_BYTES);
        } catch (ExecutionException e) {
            throw new AssertionError(what + ": " + new String(bytes, StandardCharsets.ISO_8859_1), e.getCause());
        } catch (TimeoutException e) {
            fail("%s took more than %d s: %s", what, DEADLINE_SECONDS, new String(bytes, StandardCharsets.ISO_8859_1));
        }
    }

    private void readLikeTheNaive(Path path, byte[] bytes) throws IOException {
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            NaiveSafetensors naive = new NaiveSafetensors(bytes);
            assertThat(file.tensors()).containsExactlyInAnyOrderElementsOf(naive.names());
            assertThat(naive.tilesItsData()).isTrue();
            for (String name : file.tensors()) {
                assertThat(file.info(name).shape()).isEqualTo(naive.shape(name));
                try {
                    assertThat(file.tensor(name).values()).as(name).isEqualTo(naive.floats(name));
                } catch (InvalidModelException e) {
                    assertThat(naive.hasFloats(name)).as("%s", e.getMessage()).isFalse();
                    refused++;
                }
            }
            read++;
        } catch (InvalidModelException e) {
            assertThat(e.getMessage()).startsWith(path.toString()).contains(";");
            refused++;
        }
    }

    @Test
    void theSampleIsReadAsItIs() throws Exception {
        check(sample().bytes(), "sample");
        // All but the whole numbers, which are no weights.
        assertThat(read).isEqualTo(1);
        assertThat(refused).isEqualTo(1);
    }

    @Test
    void aFileCutShortOrLengthenedAnywhere() throws Exception {
        byte[] whole = sample().bytes();
        for (int length = 0; length < whole.length + 20; length++) {
            check(Arrays.copyOf(whole, length), "length " + length);
        }
        assertThat(refused).isEqualTo(whole.length + 20);
        assertThat(read).isEqualTo(1);
    }

    @Test
    void aFileCutShortAnywhereAfterItWasOpened() throws Exception {
        byte[] whole = sample().bytes();
        Path path = folder.resolve("cut.safetensors");
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int length = 0; length < whole.length; length++) {
                channel.write(ByteBuffer.wrap(whole), 0);
                cutWhileOpen(path, channel, length);
            }
        }
        assertThat(read).isPositive();
        assertThat(refused).isGreaterThan(read);
    }

    private void cutWhileOpen(Path path, FileChannel channel, int length) throws IOException {
        NaiveSafetensors naive = new NaiveSafetensors(Files.readAllBytes(path));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            channel.truncate(length);
            for (String name : List.of("model.embed.weight", "a", "b", "c")) {
                try {
                    assertThat(file.tensor(name).values()).isEqualTo(naive.floats(name));
                    read++;
                } catch (InvalidModelException e) {
                    assertThat(e.getMessage()).contains("cut short after it was opened");
                    refused++;
                }
            }
        }
    }

    @Test
    void anyBitOfTheHeaderFlipped() throws Exception {
        byte[] whole = sample().bytes();
        int header = Long.BYTES
                + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
        for (int bit = 0; bit < header * Byte.SIZE; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            check(flipped, "bit " + bit);
        }
        assertThat(refused).isGreaterThan(header * Byte.SIZE / 2);
        assertThat(read).isGreaterThan(100);
    }

    @Test
    void randomBytes() throws Exception {
        Random random = new Random(5);
        for (int i = 0; i < 300; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (bytes.length > Long.BYTES) {
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(random.nextInt(bytes.length));
            }
            check(bytes, "random " + i);
        }
        assertThat(refused).isEqualTo(300);
    }

    @Test
    void anyBytesOverwritten() throws Exception {
        byte[] whole = sample().bytes();
        Random random = new Random(21);
        for (int i = 0; i < 2500; i++) {
            byte[] bytes = whole.clone();
            for (int n = random.nextInt(1, 5); n > 0; n--) {
                // Half of the changes are characters that mean something in a header.
                byte value = random.nextBoolean()
                        ? (byte) random.nextInt(256)
                        : (byte) "{}[]\",:0123456789-.eE \\utfn".charAt(random.nextInt(27));
                bytes[random.nextInt(bytes.length)] = value;
            }
            check(bytes, "overwrite " + i);
        }
        assertThat(refused).isGreaterThan(1500);
        assertThat(read).isGreaterThan(100);
    }

    @Test
    void piecesOfTheHeaderMovedRepeatedOrRemoved() throws Exception {
        byte[] whole = sample().bytes();
        int header = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
        String json = new String(whole, Long.BYTES, header, StandardCharsets.UTF_8);
        byte[] data = Arrays.copyOfRange(whole, Long.BYTES + header, whole.length);
        Random random = new Random(22);
        for (int i = 0; i < 1500; i++) {
            int from = random.nextInt(json.length());
            int to = random.nextInt(from, Math.min(json.length(), from + 60) + 1);
            int at = random.nextInt(json.length());
            String piece = json.substring(from, to);
            String changed = switch (random.nextInt(3)) {
                case 0 -> json.substring(0, at) + piece + json.substring(at);
                case 1 -> json.substring(0, from) + json.substring(to);
                default -> json.substring(0, at) + piece.repeat(random.nextInt(1, 200)) + json.substring(at);
            };
            check(file(changed, data), "piece " + i);
        }
        assertThat(refused).isGreaterThan(1000);
    }

    @Test
    void entriesThatClaimWhatIsNotSo() throws Exception {
        byte[] data = new byte[80];
        Random random = new Random(23);
        String[] numbers = {
            "0",
            "1",
            "2",
            "3",
            "4",
            "6",
            "8",
            "12",
            "24",
            "48",
            "49",
            "-1",
            "-0",
            "1.0",
            "1e1",
            "4294967296",
            "2147483648",
            "4611686018427387904",
            "9223372036854775807",
            "9223372036854775808",
            "1e999",
            "null",
            "true",
            "\"4\"",
            "[]",
            "{}"
        };
        String[] types = {
            "\"F32\"",
            "\"F16\"",
            "\"BF16\"",
            "\"F64\"",
            "\"I64\"",
            "\"U8\"",
            "\"BOOL\"",
            "\"F8_E4M3\"",
            "\"F4\"",
            "\"f32\"",
            "\"\"",
            "3",
            "null",
            "[\"F32\"]"
        };
        for (int i = 0; i < 3000; i++) {
            int entries = random.nextInt(1, 4);
            int wrong = random.nextInt(-1, entries);
            StringBuilder json = new StringBuilder("{");
            int offset = 0;
            for (int n = 0; n < entries; n++) {
                int width = random.nextInt(1, 4);
                String[] fields = {"\"w" + n + "\"", "\"F32\"", "2", "" + width, "" + offset, "" + (offset += 8 * width)
                };
                if (n == wrong) {
                    int field = random.nextInt(6);
                    fields[field] = switch (field) {
                        case 0 -> "\"w0\"";
                        case 1 -> types[random.nextInt(types.length)];
                        default -> numbers[random.nextInt(numbers.length)];
                    };
                }
                json.append(n == 0 ? "" : ",")
                        .append("%s:{\"dtype\":%s,\"shape\":[%s,%s],\"data_offsets\":[%s,%s]}"
                                .formatted((Object[]) fields));
            }
            int bytes = random.nextInt(8) == 0 ? random.nextInt(80) : offset;
            check(file(json.append("}").toString(), Arrays.copyOf(data, bytes)), "claim " + i);
        }
        assertThat(refused).isGreaterThan(1000);
        assertThat(read).isGreaterThan(500);
    }

    @Test
    void lengthsOfTheHeaderThatAreNotSo() throws Exception {
        byte[] whole = sample().bytes();
        Random random = new Random(24);
        for (int i = 0; i < 500; i++) {
            byte[] bytes = whole.clone();
            long length = random.nextBoolean()
                    ? random.nextInt(-3, whole.length + 3)
                    : random.nextLong() >>> random.nextInt(64);
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
            check(bytes, "length of header " + length);
        }
        assertThat(refused).isGreaterThan(490);
    }

    @Test
    void headersNestedOrRepeatedWithoutEnd() throws Exception {
        for (String json : List.of(
                "[".repeat(200_000),
                "{\"a\":".repeat(100_000),
                "{\"w\":{\"dtype\":" + "[".repeat(100_000),
                "{\"w\":{\"shape\":[" + "1,".repeat(200_000),
                "{\"w\":{\"shape\":[" + "9".repeat(200_000),
                "{\"" + "x".repeat(200_000) + "\":{}}",
                "{\"__metadata__\":{\"a\":" + "{\"a\":".repeat(50_000),
                " ".repeat(500_000),
                "{" + "\"w\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},".repeat(5_000) + "}",
                "{\"w\":{\"dtype\":\"" + "F".repeat(200_000) + "\"}}")) {
            check(file(json, new byte[4]), json.substring(0, 20));
        }
        assertThat(refused).isEqualTo(10);
    }

    private static byte[] file(String json, byte[] data) {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + header.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .put(data)
                .array();
    }
}
