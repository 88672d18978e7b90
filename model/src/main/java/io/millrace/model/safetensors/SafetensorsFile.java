package io.millrace.model.safetensors;

import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.Set;

/**
 * One safetensors file, open for reading. Tensors are read in chunks at their position rather than mapped: the pages of a
 * map count towards the process until it is unmapped (twice the weights, measured), and touching them after the file was
 * cut short raises SIGBUS, where a read just ends early. Safe for many threads.
 */
public final class SafetensorsFile implements TensorSource {
    /** Small enough to be converted out of the second-level cache, large enough for few system calls. */
    private static final int CHUNK_BYTES = 1 << 18;

    private static final int PREFIX_BYTES = Long.BYTES;

    private final String file;
    private final FileChannel channel;
    private final long dataOffset;
    private final Map<String, TensorInfo> tensors;

    private SafetensorsFile(String file, FileChannel channel, long dataOffset, Map<String, TensorInfo> tensors) {
        this.file = file;
        this.channel = channel;
        this.dataOffset = dataOffset;
        this.tensors = tensors;
    }

    /**
     * Opens a file and checks its header.
     *
     * @throws InvalidModelException if it is no regular file or the header is damaged, with the tensor's name where one is
     *     at fault
     * @throws IOException if the file cannot be opened
     */
    public static SafetensorsFile open(Path path) throws IOException {
        // A pipe would be waited for, and a directory opens but cannot be read.
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new InvalidModelException(path + " is not a regular file; put the safetensors file there");
        }
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        try (Arena arena = Arena.ofConfined()) {
            long size = channel.size();
            ByteBuffer prefix = ByteBuffer.allocate((int) Math.min(PREFIX_BYTES, size));
            fill(path.toString(), channel, prefix, 0);
            long headerBytes = headerBytes(path, prefix, size);
            // Outside the heap: a header may have a hundred megabytes, which a small heap has not.
            ByteBuffer json = arena.allocate(headerBytes).asByteBuffer();
            fill(path.toString(), channel, json, PREFIX_BYTES);
            long dataOffset = PREFIX_BYTES + headerBytes;
            Map<String, TensorInfo> tensors = SafetensorsHeader.parse(path.toString(), json.flip(), size - dataOffset);
            ForeignWeights.refuseQuantised(path, tensors.values());
            return new SafetensorsFile(path.toString(), channel, dataOffset, tensors);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static long headerBytes(Path path, ByteBuffer prefix, long size) {
        if (prefix.limit() < PREFIX_BYTES) {
            throw new InvalidModelException(
                    path + ": " + size + " bytes are too few for a safetensors file; copy or download it again");
        }
        long headerBytes = prefix.order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        if (headerBytes < 2 || headerBytes > Math.min(SafetensorsHeader.MAX_BYTES, size - PREFIX_BYTES)) {
            byte[] first = new byte[PREFIX_BYTES];
            prefix.get(0, first);
            ForeignWeights.refuseByFirstBytes(path, first);
            throw new InvalidModelException(path + ": the header claims " + Long.toUnsignedString(headerBytes)
                    + " bytes, but the file has " + size + " (and the format allows " + SafetensorsHeader.MAX_BYTES
                    + "); it is damaged, cut short or not safetensors: copy or download it again");
        }
        return headerBytes;
    }

    /** Fills a buffer from a position of the file. */
    private static void fill(String file, FileChannel channel, ByteBuffer target, long position) throws IOException {
        long at = position;
        while (target.hasRemaining()) {
            int read = channel.read(target, at);
            if (read < 0) {
                throw new InvalidModelException(file + " ends at byte " + at + " where " + target.remaining()
                        + " more were expected: it was cut short after it was opened; do not write to the files of a "
                        + "model that is being loaded, and load it again");
            }
            at += read;
        }
    }

    /** Path of the file, for messages. */
    public String file() {
        return file;
    }

    @Override
    public Set<String> tensors() {
        return Collections.unmodifiableSet(tensors.keySet());
    }

    @Override
    public TensorInfo info(String name) {
        TensorInfo tensor = tensors.get(name);
        if (tensor == null) {
            throw new InvalidModelException(file + ": there is no tensor " + name + " among " + tensors.size()
                    + "; the file does not belong to this architecture");
        }
        return tensor;
    }

    @Override
    public String origin(String tensor) {
        return file;
    }

    @Override
    public void read(String name, long beginRow, long endRow, TensorType as, MemorySegment target) {
        TensorInfo tensor = info(name);
        long elements = tensor.elements(beginRow, endRow);
        TensorSource.requireSize(tensor, elements, as, target);
        try {
            copy(tensor, tensor.elements(0, beginRow), elements, as, target);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": tensor " + name + " cannot be read: " + e, e);
        }
    }

    private void copy(TensorInfo tensor, long first, long count, TensorType as, MemorySegment target)
            throws IOException {
        ElementConversion conversion = new ElementConversion(file, tensor.name(), tensor.type(), as);
        int stored = tensor.type().bytes();
        long position = dataOffset + tensor.begin() + first * stored;
        boolean straight = as == tensor.type() && target.isNative();
        int chunk = CHUNK_BYTES / stored;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(straight ? 0 : Math.min(chunk, count) * stored);
            for (long done = 0; done < count; done += chunk) {
                long part = Math.min(chunk, count - done);
                MemorySegment converted = target.asSlice(done * as.bytes(), part * as.bytes());
                MemorySegment raw = straight ? converted : buffer.asSlice(0, part * stored);
                fill(file, channel, raw.asByteBuffer(), position + done * stored);
                if (straight) {
                    conversion.checkFinite(raw, first + done);
                } else {
                    conversion.convert(raw, converted, first + done);
                }
            }
        }
    }

    /** Closes the file. Copies already taken stay valid. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be closed: " + e, e);
        }
    }
}
