package io.millrace.model.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A safetensors file read as plainly as can be, element by element and trusting it; the oracle for the real reader. */
final class NaiveSafetensors {
    private final JsonNode header;
    private final ByteBuffer data;

    NaiveSafetensors(byte[] file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int headerBytes = Math.toIntExact(bytes.getLong());
        header = new JsonMapper().readTree(file, Long.BYTES, headerBytes);
        data = bytes.position(Long.BYTES + headerBytes).slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    List<String> names() {
        List<String> names = new ArrayList<>();
        header.fieldNames().forEachRemaining(names::add);
        names.remove("__metadata__");
        return names;
    }

    List<Long> shape(String tensor) {
        List<Long> shape = new ArrayList<>();
        header.path(tensor).path("shape").forEach(extent -> shape.add(extent.asLong()));
        return shape;
    }

    /** Whether every byte of the data belongs to one tensor, and every tensor has the bytes of its shape. */
    boolean tilesItsData() {
        int[] owners = new int[data.limit()];
        for (String tensor : names()) {
            int bytes = TensorType.valueOf(header.path(tensor).path("dtype").asText())
                    .bytes();
            for (long extent : shape(tensor)) {
                bytes = Math.multiplyExact(bytes, Math.toIntExact(extent));
            }
            JsonNode offsets = header.path(tensor).path("data_offsets");
            if (offsets.path(1).asLong() - offsets.path(0).asLong() != bytes) {
                return false;
            }
            for (int i = 0; i < bytes; i++) {
                owners[offsets.path(0).asInt() + i]++;
            }
        }
        return Arrays.stream(owners).allMatch(count -> count == 1);
    }

    /** Whether a tensor is of a floating type and all its values are finite in fp32. */
    boolean hasFloats(String tensor) {
        if (!TensorType.valueOf(header.path(tensor).path("dtype").asText()).isFloating()) {
            return false;
        }
        FloatBuffer floats = floats(tensor);
        for (int i = 0; i < floats.limit(); i++) {
            if (!Float.isFinite(floats.get(i))) {
                return false;
            }
        }
        return true;
    }

    FloatBuffer floats(String tensor) {
        String type = header.path(tensor).path("dtype").asText();
        int begin = header.path(tensor).path("data_offsets").path(0).asInt();
        int elements = shape(tensor).stream().reduce(1L, Math::multiplyExact).intValue();
        FloatBuffer floats = FloatBuffer.allocate(elements);
        for (int i = 0; i < elements; i++) {
            floats.put(
                    switch (type) {
                        case "F64" -> (float) data.getDouble(begin + i * 8);
                        case "F32" -> data.getFloat(begin + i * 4);
                        case "F16" -> Float.float16ToFloat(data.getShort(begin + i * 2));
                        case "BF16" -> Float.intBitsToFloat(data.getShort(begin + i * 2) << 16);
                        default -> throw new IllegalArgumentException(type);
                    });
        }
        return floats.flip();
    }
}
