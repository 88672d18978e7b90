package io.millrace.model.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Writes safetensors files byte by byte, of any type and with any values, valid as a file. */
public final class RawTensors {
    private final List<String> entries = new ArrayList<>();
    private final List<byte[]> data = new ArrayList<>();
    private long offset;

    /** Adds a tensor with the bytes given. */
    public RawTensors add(String name, TensorType type, List<Long> shape, byte[] bytes) {
        entries.add("\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                .formatted(name, type, shape, offset, offset + bytes.length));
        data.add(bytes);
        offset += bytes.length;
        return this;
    }

    /** Adds a tensor of floating type with the values nearest to those given. */
    public RawTensors add(String name, TensorType type, List<Long> shape, double... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) {
            switch (type) {
                case F64 -> bytes.putDouble(value);
                case F32 -> bytes.putFloat((float) value);
                case F16 -> bytes.putShort(Float.floatToFloat16((float) value));
                case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits((float) value) >>> Short.SIZE));
                default -> throw new IllegalArgumentException(type.name());
            }
        }
        return add(name, type, shape, bytes.array());
    }

    /** The file's bytes. */
    public byte[] bytes() {
        byte[] header =
                entries.stream().collect(Collectors.joining(",", "{", "}")).getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(Math.toIntExact(Long.BYTES + header.length + offset))
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header);
        data.forEach(file::put);
        return file.array();
    }

    /** Writes the file. */
    public Path write(Path file) throws IOException {
        return Files.write(file, bytes());
    }
}
