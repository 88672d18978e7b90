package io.millrace.model.safetensors;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;

/**
 * Writes safetensors files that Hugging Face libraries read, one floating type to a file. Tensors are read and written
 * some rows at a time, so that a checkpoint of any size takes a few megabytes of memory.
 */
public final class SafetensorsWriter {
    private static final int ALIGNMENT = 8;
    private static final long CHUNK_BYTES = 4 << 20;
    private static final int WRITE_BYTES = 1 << 20;

    private SafetensorsWriter() {}

    /**
     * Writes tensors held in memory; see {@link #write(Path, TensorSource, TensorType)}.
     *
     * @param tensors fp32 values and shape by name
     */
    public static void write(Path path, SortedMap<String, Tensor> tensors, TensorType type) throws IOException {
        write(path, new InMemoryTensors(path.toString(), tensors), type);
    }

    /**
     * Writes all tensors of a source. The file appears whole and synced, or not at all.
     *
     * @param path where to; replaced if there
     * @param type type of weights on disk: F32, BF16 or F16, rounded to nearest. Whole numbers keep their type.
     * @throws InvalidModelException if a value is not finite, or leaves the range of {@code type}
     * @throws IOException if writing fails
     */
    public static void write(Path path, TensorSource source, TensorType type) throws IOException {
        write(path, source, source.tensors(), type);
    }

    /** Writes some tensors of a source; see {@link #write(Path, TensorSource, TensorType)}. */
    static void write(Path path, TensorSource source, Collection<String> names, TensorType type) throws IOException {
        List<TensorInfo> tensors = layout(source, names, type);
        Path part = path.resolveSibling(path.getFileName() + ".part");
        try (FileChannel channel = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            writeFully(channel, header(tensors));
            for (TensorInfo tensor : tensors) {
                writeRows(channel, source, tensor);
            }
            channel.force(true);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(part);
            throw e;
        }
        Files.move(part, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Type in the file of a tensor, where weights are to be of a given type. */
    static TensorType storedAs(TensorInfo tensor, TensorType type) {
        return tensor.type().isFloating() ? type : tensor.type();
    }

    /** Wide types first, so that every tensor is aligned to its elements; then by name. */
    private static List<TensorInfo> layout(TensorSource source, Collection<String> names, TensorType type) {
        if (type != TensorType.F32 && type != TensorType.F16 && type != TensorType.BF16) {
            throw new IllegalArgumentException("weights can be written as F32, BF16 or F16, not " + type);
        }
        List<TensorInfo> sorted = new ArrayList<>();
        names.forEach(name -> sorted.add(source.info(name)));
        sorted.sort(Comparator.comparingInt(
                        (TensorInfo tensor) -> -storedAs(tensor, type).bytes())
                .thenComparing(TensorInfo::name));
        List<TensorInfo> placed = new ArrayList<>();
        long offset = 0;
        for (TensorInfo tensor : sorted) {
            TensorType stored = storedAs(tensor, type);
            long end = offset + tensor.elements() * stored.bytes();
            placed.add(new TensorInfo(tensor.name(), stored, tensor.shape(), offset, end));
            offset = end;
        }
        return placed;
    }

    private static ByteBuffer header(List<TensorInfo> tensors) throws IOException {
        ObjectNode root = new JsonMapper().createObjectNode();
        // transformers refuses files that do not say which framework laid them out.
        root.putObject("__metadata__").put("format", "pt");
        for (TensorInfo tensor : tensors) {
            ObjectNode entry =
                    root.putObject(tensor.name()).put("dtype", tensor.type().name());
            var shape = entry.putArray("shape");
            tensor.shape().forEach(extent -> shape.add(extent.longValue()));
            entry.putArray("data_offsets").add(tensor.begin()).add(tensor.end());
        }
        byte[] json = new JsonMapper().writeValueAsBytes(root);
        int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        byte[] spaces = new byte[padded - json.length];
        Arrays.fill(spaces, (byte) ' ');
        return ByteBuffer.allocate(Long.BYTES + padded)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded)
                .put(json)
                .put(spaces)
                .flip();
    }

    private static void writeRows(FileChannel channel, TensorSource source, TensorInfo tensor) throws IOException {
        long rows = tensor.rows();
        if (tensor.elements() == 0) {
            return;
        }
        long rowBytes = tensor.elements(0, 1) * tensor.type().bytes();
        long chunkRows = Math.clamp(CHUNK_BYTES / rowBytes, 1, rows);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment chunk = arena.allocate(chunkRows * rowBytes);
            for (long row = 0; row < rows; row += chunkRows) {
                long end = Math.min(rows, row + chunkRows);
                MemorySegment part = chunk.asSlice(0, (end - row) * rowBytes);
                source.read(tensor.name(), row, end, tensor.type(), part);
                // A single row may be longer than a buffer can be.
                for (long at = 0; at < part.byteSize(); at += WRITE_BYTES) {
                    long bytes = Math.min(WRITE_BYTES, part.byteSize() - at);
                    writeFully(channel, part.asSlice(at, bytes).asByteBuffer());
                }
            }
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
