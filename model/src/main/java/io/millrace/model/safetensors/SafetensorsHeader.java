package io.millrace.model.safetensors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON header of a safetensors file, checked in full before a byte of any tensor is touched: known types, shapes
 * whose byte count neither overflows nor differs from the range given, ranges that tile the data without gap or overlap.
 */
final class SafetensorsHeader {
    /** The format's own limit; a larger length is a damaged file. */
    static final long MAX_BYTES = 100_000_000;

    private static final int MAX_RANK = 8;
    private static final String METADATA = "__metadata__";
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final String file;
    private final long dataBytes;

    private SafetensorsHeader(String file, long dataBytes) {
        this.file = file;
        this.dataBytes = dataBytes;
    }

    /**
     * Reads and checks a header.
     *
     * @param file name for messages
     * @param json the header's bytes
     * @param dataBytes bytes that follow the header
     * @return tensors by name, in the order of their bytes
     * @throws InvalidModelException if anything about it is wrong
     */
    static Map<String, TensorInfo> parse(String file, byte[] json, long dataBytes) {
        return new SafetensorsHeader(file, dataBytes).parse(json);
    }

    private Map<String, TensorInfo> parse(byte[] json) {
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw invalid("the header is not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw invalid("the header cannot be read: " + e.getMessage(), e);
        }
        if (!root.isObject()) {
            throw invalid("the header is not a JSON object");
        }
        List<TensorInfo> tensors = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            if (entry.getKey().equals(METADATA)) {
                checkMetadata(entry.getValue());
            } else {
                tensors.add(tensor(entry.getKey(), entry.getValue()));
            }
        }
        return contiguous(tensors);
    }

    private void checkMetadata(JsonNode metadata) {
        if (!metadata.isObject()
                || metadata.properties().stream().anyMatch(e -> !e.getValue().isTextual())) {
            throw invalid(METADATA + " must map text to text");
        }
    }

    private TensorInfo tensor(String name, JsonNode node) {
        if (!node.isObject() || node.size() != 3) {
            throw invalidTensor(name, "its entry must have exactly dtype, shape and data_offsets");
        }
        TensorType type = type(name, node.path("dtype"));
        JsonNode dimensions = node.path("shape");
        if (!dimensions.isArray() || dimensions.size() > MAX_RANK) {
            throw invalidTensor(name, "its shape must be a list of at most " + MAX_RANK + " extents");
        }
        List<Long> shape = new ArrayList<>();
        long bytes = type.bytes();
        for (JsonNode extent : dimensions) {
            long size = natural(name, "an extent of its shape", extent);
            shape.add(size);
            if (size != 0 && bytes > Long.MAX_VALUE / size) {
                throw invalidTensor(name, "its shape " + shape + " has more bytes than 64 bits can count");
            }
            bytes *= size;
        }
        JsonNode offsets = node.path("data_offsets");
        if (!offsets.isArray() || offsets.size() != 2) {
            throw invalidTensor(name, "data_offsets must be [begin, end]");
        }
        long begin = natural(name, "data_offsets[0]", offsets.get(0));
        long end = natural(name, "data_offsets[1]", offsets.get(1));
        if (begin > end || end > dataBytes) {
            throw invalidTensor(
                    name,
                    "its bytes [" + begin + ", " + end + ") do not lie within the " + dataBytes + " bytes of data");
        }
        if (end - begin != bytes) {
            throw invalidTensor(
                    name,
                    "its shape " + shape + " of " + type + " needs " + bytes + " bytes, but data_offsets " + "spans "
                            + (end - begin));
        }
        return new TensorInfo(name, type, shape, begin, end);
    }

    private TensorType type(String name, JsonNode node) {
        for (TensorType type : TensorType.values()) {
            if (type.name().equals(node.asText())) {
                return type;
            }
        }
        throw invalidTensor(name, "its dtype " + node + " is not one of " + List.of(TensorType.values()));
    }

    private long natural(String name, String what, JsonNode node) {
        if (!node.isIntegralNumber() || !node.canConvertToLong() || node.asLong() < 0) {
            throw invalidTensor(name, what + " is " + node + ", not a whole number of at least 0");
        }
        return node.asLong();
    }

    private Map<String, TensorInfo> contiguous(List<TensorInfo> tensors) {
        tensors.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
        Map<String, TensorInfo> byName = new LinkedHashMap<>();
        long expected = 0;
        for (TensorInfo tensor : tensors) {
            if (tensor.begin() != expected) {
                throw invalidTensor(
                        tensor.name(),
                        "its bytes begin at " + tensor.begin() + " where " + expected + " was expected: tensors "
                                + (tensor.begin() < expected ? "overlap" : "leave a gap"));
            }
            expected = tensor.end();
            byName.put(tensor.name(), tensor);
        }
        if (expected != dataBytes) {
            throw invalid("the tensors end at byte " + expected + " of the data, but " + dataBytes
                    + " bytes follow the " + "header");
        }
        return byName;
    }

    private InvalidModelException invalidTensor(String tensor, String problem) {
        return invalid("tensor " + tensor + ": " + problem);
    }

    private InvalidModelException invalid(String problem) {
        return new InvalidModelException(message(problem));
    }

    private InvalidModelException invalid(String problem, Throwable cause) {
        return new InvalidModelException(message(problem), cause);
    }

    private String message(String problem) {
        return file + ": " + problem + "; the file is damaged or not safetensors: copy or download it again";
    }
}
