package io.millrace.evaluation.beir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class LineReaderTest {
    private static List<Line> readAll(byte[] bytes, int maxLineBytes) throws IOException {
        List<Line> lines = new ArrayList<>();
        try (LineReader reader = LineReader.of(new ByteArrayInputStream(bytes), "in", maxLineBytes)) {
            for (Line line = reader.next(); line != null; line = reader.next()) {
                lines.add(line);
            }
        }
        return lines;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    @Test
    void readsEveryKindOfLineEndAndDropsTheByteOrderMark() throws IOException {
        assertThat(readAll(utf8("\uFEFFone\r\n\ntwo\nthree"), 100))
                .containsExactly(
                        new Line.Text(1, "one"),
                        new Line.Text(2, ""),
                        new Line.Text(3, "two"),
                        new Line.Text(4, "three"));
        assertThat(readAll(new byte[0], 100)).isEmpty();
        assertThat(readAll(utf8("\n"), 100)).containsExactly(new Line.Text(1, ""));
    }

    @Test
    void readsWhatWasWrittenAcrossBufferBoundaries() throws IOException {
        Random random = new Random(7);
        List<Line> expected = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= 400; i++) {
            String line = "é".repeat(random.nextInt(3_000)) + i;
            expected.add(new Line.Text(i, line));
            text.append(line).append('\n');
        }
        assertThat(readAll(utf8(text.toString()), 10_000)).isEqualTo(expected);
        assertThat(readAll(gzip(utf8(text.toString())), 10_000)).isEqualTo(expected);
    }

    @Test
    void reportsTheByteThatIsNotUtf8AndGoesOn() throws IOException {
        byte[] bytes = utf8("good\nbad ?\nfine\n");
        bytes[9] = (byte) 0xE9;
        List<Line> lines = readAll(bytes, 100);
        assertThat(lines.get(1)).isInstanceOfSatisfying(Line.Unreadable.class, bad -> {
            assertThat(bad.number()).isEqualTo(2);
            assertThat(bad.reason()).contains("byte 5 of the line (0xe9) is not UTF-8");
        });
        assertThat(lines.get(2)).isEqualTo(new Line.Text(3, "fine"));
    }

    @Test
    void skipsALineOverTheLimitWithoutKeepingIt() throws IOException {
        // 64 MiB in one line, made on the fly; the reader's own buffers stay below the limit.
        InputStream endless = new InputStream() {
            private int left = 64 << 20;

            @Override
            public int read() {
                return left-- > 0 ? 'x' : -1;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                int count = Math.min(left, length);
                if (count <= 0) {
                    return -1;
                }
                Arrays.fill(buffer, offset, offset + count, (byte) 'x');
                left -= count;
                return count;
            }
        };
        try (LineReader reader = LineReader.of(endless, "in", 1_000)) {
            assertThat(reader.next())
                    .isInstanceOfSatisfying(
                            Line.Unreadable.class,
                            bad -> assertThat(bad.reason())
                                    .contains("67108864 bytes")
                                    .contains("limit is 1000"));
            assertThat(reader.next()).isNull();
        }
        assertThat(readAll(utf8("x".repeat(10) + "\nok"), 9).get(1)).isEqualTo(new Line.Text(2, "ok"));
        assertThat(readAll(utf8("x".repeat(10)), 10)).containsExactly(new Line.Text(1, "x".repeat(10)));
    }

    @Test
    void namesTheLineAtWhichAGzipFileIsCutOff() throws IOException {
        StringBuilder text = new StringBuilder();
        Random random = new Random(8);
        for (int i = 0; i < 20_000; i++) {
            text.append(random.nextLong()).append('\n');
        }
        byte[] whole = gzip(utf8(text.toString()));
        assertThatThrownBy(() -> readAll(Arrays.copyOf(whole, whole.length / 2), 100))
                .isInstanceOf(IOException.class)
                .hasMessageMatching("in:\\d{4,5}: the gzip data are damaged or cut off .*");
    }
}
