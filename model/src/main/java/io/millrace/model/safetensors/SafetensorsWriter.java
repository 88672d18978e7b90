package io.millrace.model.safetensors;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;

/** Writes safetensors files that Hugging Face libraries read, one floating type to a file. */
public final class SafetensorsWriter {
    private static final int ALIGNMENT = 8;
    private static final int CHUNK_ELEMENTS = 1 << 16;

    private SafetensorsWriter() {}

    /**
     * Writes tensors in the order of their names. The file appears whole or not at all.
     *
     * @param path where to; replaced if there
     * @param tensors fp32 values and shape by name
     * @param type type on disk: F32, or F16 rounded to nearest
     * @throws InvalidModelException if a value is not finite, or leaves the range of {@code type}
     * @throws IOException if writing fails
     */
    public static void write(Path path, SortedMap<String, Tensor> tensors, TensorType type) throws IOException {
        if (type != TensorType.F32 && type != TensorType.F16) {
            throw new IllegalArgumentException("weights can be written as F32 or F16, not " + type);
        }
        Path part = path.resolveSibling(path.getFileName() + ".part");
        try (FileChannel channel = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            writeFully(channel, header(tensors, type));
            for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
                writeValues(channel, tensor.getKey(), tensor.getValue().values(), type);
            }
            channel.force(true);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(part);
            throw e;
        }
        Files.move(part, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static ByteBuffer header(SortedMap<String, Tensor> tensors, TensorType type) throws IOException {
        ObjectNode root = new JsonMapper().createObjectNode();
        // transformers refuses files that do not say which framework laid them out.
        root.putObject("__metadata__").put("format", "pt");
        long offset = 0;
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            long end = offset + (long) tensor.getValue().values().limit() * type.bytes();
            ObjectNode entry = root.putObject(tensor.getKey()).put("dtype", type.name());
            var shape = entry.putArray("shape");
            tensor.getValue().shape().forEach(extent -> shape.add(extent.longValue()));
            entry.putArray("data_offsets").add(offset).add(end);
            offset = end;
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

    private static void writeValues(FileChannel channel, String name, FloatBuffer values, TensorType type)
            throws IOException {
        ByteBuffer chunk =
                ByteBuffer.allocateDirect(CHUNK_ELEMENTS * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.limit(); i++) {
            float value = values.get(i);
            if (type == TensorType.F16) {
                chunk.putShort(half(name, i, value));
            } else {
                chunk.putFloat(finite(name, i, value));
            }
            if (!chunk.hasRemaining() || i == values.limit() - 1) {
                writeFully(channel, chunk.flip());
                chunk.clear();
            }
        }
    }

    private static short half(String name, int index, float value) {
        short half = Float.floatToFloat16(finite(name, index, value));
        if (!Float.isFinite(Float.float16ToFloat(half))) {
            throw new InvalidModelException("tensor " + name + " holds " + value + " at element " + index
                    + ", beyond the range of F16 (65504); write it as F32");
        }
        return half;
    }

    private static float finite(String name, int index, float value) {
        if (!Float.isFinite(value)) {
            throw new InvalidModelException(
                    "tensor " + name + " holds " + value + " at element " + index + "; weights must be finite");
        }
        return value;
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
