package io.millrace.model.safetensors;

import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * One safetensors file, memory-mapped and read-only. Tensors are copied out on request, so that nothing refers to the
 * file once it is closed and a file that changes later cannot change a running model. Safe for many threads.
 */
public final class SafetensorsFile implements AutoCloseable {
    private static final ValueLayout.OfLong LONG_LE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT_LE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT_LE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int PREFIX_BYTES = Long.BYTES;
    private static final int F32_EXPONENT = 0x7F80_0000;

    private final String file;
    private final Arena arena;
    private final MemorySegment data;
    private final Map<String, TensorInfo> tensors;

    private SafetensorsFile(String file, Arena arena, MemorySegment data, Map<String, TensorInfo> tensors) {
        this.file = file;
        this.arena = arena;
        this.data = data;
        this.tensors = tensors;
    }

    /**
     * Maps a file and checks its header.
     *
     * @throws InvalidModelException if the header is damaged, with the tensor's name where one is at fault
     * @throws IOException if the file cannot be opened
     */
    public static SafetensorsFile open(Path path) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size < PREFIX_BYTES) {
                throw new InvalidModelException(path + ": " + size + " bytes are too few for a safetensors file; copy "
                        + "or download it again");
            }
            MemorySegment bytes = channel.map(MapMode.READ_ONLY, 0, size, arena);
            long headerBytes = bytes.get(LONG_LE, 0);
            if (headerBytes < 2 || headerBytes > Math.min(SafetensorsHeader.MAX_BYTES, size - PREFIX_BYTES)) {
                throw new InvalidModelException(path + ": the header claims " + Long.toUnsignedString(headerBytes)
                        + " bytes, but the file has " + size + " (and the format allows "
                        + SafetensorsHeader.MAX_BYTES + "); it is damaged, cut short or not safetensors: copy or "
                        + "download it again");
            }
            byte[] json = bytes.asSlice(PREFIX_BYTES, headerBytes).toArray(ValueLayout.JAVA_BYTE);
            MemorySegment data = bytes.asSlice(PREFIX_BYTES + headerBytes);
            Map<String, TensorInfo> tensors = SafetensorsHeader.parse(path.toString(), json, data.byteSize());
            return new SafetensorsFile(path.toString(), arena, data, tensors);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /** Tensors by name, in the order of their bytes. Read-only. */
    public Map<String, TensorInfo> tensors() {
        return java.util.Collections.unmodifiableMap(tensors);
    }

    /**
     * A copy of a tensor as fp32, whatever floating type it has on disk.
     *
     * @return a direct buffer in native byte order, position 0, limit = number of elements
     * @throws InvalidModelException if there is no such tensor, it is not of a floating type, it has 2^29 elements or
     *     more, or holds a value that is NaN or infinite
     */
    public FloatBuffer floats(String name) {
        TensorInfo tensor = tensors.get(name);
        if (tensor == null) {
            throw new InvalidModelException(file + ": there is no tensor " + name + " among " + tensors.size()
                    + "; the file does not belong to this architecture");
        }
        if (tensor.elements() > Integer.MAX_VALUE / Float.BYTES) {
            throw new InvalidModelException(file + ": tensor " + name + " has " + tensor.elements()
                    + " elements; the limit is " + Integer.MAX_VALUE / Float.BYTES + ": split it");
        }
        FloatBuffer floats = ByteBuffer.allocateDirect((int) tensor.elements() * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        MemorySegment source = data.asSlice(tensor.begin(), tensor.end() - tensor.begin());
        switch (tensor.type()) {
            case F32 -> copyF32(source, MemorySegment.ofBuffer(floats));
            case F16 -> copyF16(source, floats);
            case BF16 -> copyBf16(source, floats);
            default ->
                throw new InvalidModelException(file + ": tensor " + name + " is " + tensor.type()
                        + ", but weights must be F32, F16 or BF16; convert the checkpoint");
        }
        checkFinite(name, floats);
        return floats;
    }

    private static void copyF32(MemorySegment source, MemorySegment target) {
        MemorySegment.copy(
                source, INT_LE, 0, target, ValueLayout.JAVA_INT_UNALIGNED, 0, source.byteSize() / Float.BYTES);
    }

    private static void copyF16(MemorySegment source, FloatBuffer target) {
        for (int i = 0; i < target.limit(); i++) {
            target.put(i, Float.float16ToFloat(source.get(SHORT_LE, (long) i * Short.BYTES)));
        }
    }

    private static void copyBf16(MemorySegment source, FloatBuffer target) {
        for (int i = 0; i < target.limit(); i++) {
            target.put(i, Float.intBitsToFloat(source.get(SHORT_LE, (long) i * Short.BYTES) << Short.SIZE));
        }
    }

    private void checkFinite(String name, FloatBuffer values) {
        for (int i = 0; i < values.limit(); i++) {
            float value = values.get(i);
            if ((Float.floatToRawIntBits(value) & F32_EXPONENT) == F32_EXPONENT) {
                throw new InvalidModelException(file + ": tensor " + name + " holds " + value + " at element " + i
                        + "; weights must be finite: the training diverged or the file is damaged, so use another "
                        + "checkpoint");
            }
        }
    }

    /** Unmaps the file. Copies already taken stay valid. */
    @Override
    public void close() {
        arena.close();
    }
}
