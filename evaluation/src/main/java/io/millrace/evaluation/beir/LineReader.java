package io.millrace.evaluation.beir;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Reads UTF-8 lines, plain or gzipped (told by the first two bytes, not by the name), one at a time.
 *
 * <p>Decoding is strict: a line with bytes that are not UTF-8 is reported and not silently repaired. A line longer than
 * the limit is skipped without being kept in memory. Both leave the reader at the next line. Ends of lines are LF or
 * CR LF; a byte-order mark at the start is dropped. For one thread.
 */
public final class LineReader implements Closeable {
    /** Default limit of a line, bytes: far above any document that a server accepts. */
    public static final int DEFAULT_MAX_LINE_BYTES = 16 << 20;

    private static final int BUFFER_BYTES = 1 << 16;

    private final InputStream in;
    private final String name;
    private final int maxLineBytes;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;
    private byte[] line = new byte[1 << 12];
    private long number;

    private LineReader(InputStream in, String name, int maxLineBytes) {
        this.in = in;
        this.name = name;
        this.maxLineBytes = maxLineBytes;
    }

    /**
     * Opens a file with the default limit.
     *
     * @throws IOException if it cannot be opened, or starts like gzip and is not
     */
    public static LineReader open(Path file) throws IOException {
        return of(Files.newInputStream(file), file.toString(), DEFAULT_MAX_LINE_BYTES);
    }

    /**
     * Reads from a stream, which is closed with the reader.
     *
     * @param name what messages call it, such as a path or {@code <stdin>}
     * @param maxLineBytes longest line, bytes without its end
     * @throws IOException if the first bytes cannot be read, or are those of gzip and the rest is not
     */
    public static LineReader of(InputStream in, String name, int maxLineBytes) throws IOException {
        try {
            BufferedInputStream sniffed = new BufferedInputStream(in, BUFFER_BYTES);
            sniffed.mark(2);
            boolean gzip = sniffed.read() == 0x1f && sniffed.read() == 0x8b;
            sniffed.reset();
            return new LineReader(gzip ? new GZIPInputStream(sniffed, BUFFER_BYTES) : sniffed, name, maxLineBytes);
        } catch (IOException e) {
            in.close();
            throw new IOException(name + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** What messages call the source. */
    public String name() {
        return name;
    }

    /**
     * The next line, or null at the end.
     *
     * @throws IOException if the source fails, such as a gzip file that was cut off; the message names file and line
     */
    public @Nullable Line next() throws IOException {
        long length = 0;
        boolean any = false;
        while (true) {
            if (position == limit && !fill()) {
                return any ? finish(length) : null;
            }
            any = true;
            int end = position;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            if (length + end - position <= maxLineBytes) {
                keep((int) length, end - position);
            }
            length += end - position;
            boolean ended = end < limit;
            position = ended ? end + 1 : end;
            if (ended) {
                return finish(length);
            }
        }
    }

    private void keep(int at, int count) {
        if (at + count > line.length) {
            line = Arrays.copyOf(line, Math.max(at + count, (int) Math.min(2L * line.length, maxLineBytes)));
        }
        System.arraycopy(buffer, position, line, at, count);
    }

    private boolean fill() throws IOException {
        try {
            limit = Math.max(0, in.read(buffer));
        } catch (EOFException | ZipException e) {
            throw new IOException(
                    name + ":" + (number + 1) + ": the gzip data are damaged or cut off (" + e.getMessage()
                            + "); lines before this one were read",
                    e);
        } catch (IOException e) {
            throw new IOException(name + ":" + (number + 1) + ": cannot be read: " + e.getMessage(), e);
        }
        position = 0;
        return limit > 0;
    }

    private Line finish(long length) {
        number++;
        if (length > maxLineBytes) {
            return new Line.Unreadable(
                    number, "the line has " + length + " bytes; the limit is " + maxLineBytes + ": split the document");
        }
        int end = (int) length;
        if (end > 0 && line[end - 1] == '\r') {
            end--;
        }
        int start = 0;
        if (number == 1 && end >= 3 && line[0] == (byte) 0xEF && line[1] == (byte) 0xBB && line[2] == (byte) 0xBF) {
            start = 3;
        }
        ByteBuffer bytes = ByteBuffer.wrap(line, start, end - start);
        CharBuffer characters = CharBuffer.allocate(end - start);
        decoder.reset();
        CoderResult result = decoder.decode(bytes, characters, true);
        if (result.isError()) {
            int bad = bytes.position();
            return new Line.Unreadable(
                    number,
                    String.format(
                            "byte %d of the line (0x%02x) is not UTF-8; convert the file, for example with iconv -t UTF-8",
                            bad + 1, line[bad] & 0xFF));
        }
        decoder.flush(characters);
        return new Line.Text(number, characters.flip().toString());
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
