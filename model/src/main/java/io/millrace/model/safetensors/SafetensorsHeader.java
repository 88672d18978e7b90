package io.millrace.model.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.util.ByteBufferBackedInputStream;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The JSON header of a safetensors file, checked in full before a byte of any tensor is touched: known types, shapes
 * whose byte count neither overflows nor differs from the range given, ranges that tile the data without gap or overlap.
 * It is read token by token, so that a hundred megabytes of nonsense take little memory.
 */
final class SafetensorsHeader {
    /** The format's own limit; a larger length is a damaged file. */
    static final long MAX_BYTES = 100_000_000;

    /** Twice what the largest published checkpoints have over all their files. */
    private static final int MAX_TENSORS = 200_000;

    private static final int MAX_METADATA = 100_000;

    private static final int MAX_RANK = 8;
    private static final int MAX_NAME_CHARACTERS = 1_000;
    private static final String METADATA = "__metadata__";

    /** Types of the format that only quantised checkpoints have, and complex numbers. */
    private static final Set<String> UNSUPPORTED =
            Set.of("F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F6_E2M3", "F6_E3M2", "F4", "C64");

    // Names are not interned: the table for it throws when names are made to collide.
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNameLength(MAX_NAME_CHARACTERS)
                    .build())
            .build();

    private final String file;
    private final long dataBytes;
    private final JsonParser json;

    private SafetensorsHeader(String file, long dataBytes, JsonParser json) {
        this.file = file;
        this.dataBytes = dataBytes;
        this.json = json;
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
    static Map<String, TensorInfo> parse(String file, ByteBuffer json, long dataBytes) {
        try (JsonParser parser = parser(new ByteBufferBackedInputStream(json))) {
            return new SafetensorsHeader(file, dataBytes, parser).parse();
        } catch (CharacterCodingException e) {
            throw new InvalidModelException(message(file, "the header is not UTF-8"), e);
        } catch (JsonProcessingException e) {
            throw new InvalidModelException(
                    message(file, "the header is not valid JSON: " + e.getOriginalMessage()), e);
        } catch (IOException e) {
            throw new InvalidModelException(message(file, "the header cannot be read: " + e.getMessage()), e);
        }
    }

    /** A parser of strict JSON in strict UTF-8; other bytes make it throw {@link CharacterCodingException}. */
    static JsonParser parser(InputStream in) throws IOException {
        // A charset's own decoder replaces what it cannot read, one that is asked for reports it.
        return JSON.createParser(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
    }

    private Map<String, TensorInfo> parse() throws IOException {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw invalid("the header is not a JSON object");
        }
        List<TensorInfo> tensors = new ArrayList<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            if (name.equals(METADATA)) {
                skipMetadata();
            } else {
                tensors.add(tensor(name));
            }
            if (tensors.size() > MAX_TENSORS) {
                throw invalid("there are more than " + MAX_TENSORS + " tensors");
            }
        }
        if (json.nextToken() != null) {
            throw invalid("text follows the header's JSON object");
        }
        return contiguous(tensors);
    }

    private void skipMetadata() throws IOException {
        JsonToken token = json.nextToken();
        if (token == JsonToken.VALUE_NULL) {
            return;
        }
        boolean texts = token == JsonToken.START_OBJECT;
        for (int i = 0; texts && json.nextToken() == JsonToken.FIELD_NAME; i++) {
            texts = json.nextToken() == JsonToken.VALUE_STRING && i < MAX_METADATA;
        }
        if (!texts) {
            throw invalid(METADATA + " must map at most " + MAX_METADATA + " texts to texts");
        }
    }

    private TensorInfo tensor(String name) throws IOException {
        TensorType type = null;
        List<Long> shape = null;
        List<Long> offsets = null;
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw incomplete(name);
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            switch (json.currentName()) {
                case "dtype" -> type = type(name);
                case "shape" ->
                    shape = naturals(
                            name,
                            "an extent of its shape",
                            MAX_RANK,
                            "its shape must be a list of at most " + MAX_RANK + " extents");
                case "data_offsets" ->
                    offsets = naturals(name, "one of its data_offsets", 2, "data_offsets must be [begin, end]");
                default -> throw incomplete(name);
            }
        }
        if (type == null || shape == null || offsets == null) {
            throw incomplete(name);
        }
        if (offsets.size() != 2) {
            throw invalidTensor(name, "data_offsets must be [begin, end]");
        }
        return placed(name, type, shape, offsets.get(0), offsets.get(1));
    }

    private TensorInfo placed(String name, TensorType type, List<Long> shape, long begin, long end) {
        if (begin > end || end > dataBytes) {
            throw invalidTensor(
                    name,
                    "its bytes [" + begin + ", " + end + ") do not lie within the " + dataBytes + " bytes of data");
        }
        long bytes = type.bytes();
        for (long extent : shape) {
            if (extent != 0 && bytes > Long.MAX_VALUE / extent) {
                throw invalidTensor(name, "its shape " + shape + " has more bytes than 64 bits can count");
            }
            bytes *= extent;
        }
        if (end - begin != bytes) {
            throw invalidTensor(
                    name,
                    "its shape " + shape + " of " + type + " needs " + bytes + " bytes, but data_offsets spans "
                            + (end - begin));
        }
        return new TensorInfo(name, type, shape, begin, end);
    }

    private TensorType type(String name) throws IOException {
        String text = json.nextToken() == JsonToken.VALUE_STRING ? json.getText() : "";
        for (TensorType type : TensorType.values()) {
            if (type.name().equals(text)) {
                return type;
            }
        }
        if (UNSUPPORTED.contains(text)) {
            throw new InvalidModelException(file + ": tensor " + name + " is " + text
                    + ", a type of quantised checkpoints; use the checkpoint as it was before it was quantised");
        }
        throw invalidTensor(
                name, "its dtype \"" + shortened(text) + "\" is not one of " + List.of(TensorType.values()));
    }

    private List<Long> naturals(String name, String what, int most, String rule) throws IOException {
        if (json.nextToken() != JsonToken.START_ARRAY) {
            throw invalidTensor(name, rule);
        }
        List<Long> numbers = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            boolean fits = json.currentToken() == JsonToken.VALUE_NUMBER_INT
                    && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
            if (!fits || json.getLongValue() < 0) {
                throw invalidTensor(
                        name, what + " is " + shortened(json.getText()) + ", not a whole number of at least 0");
            }
            if (numbers.size() == most) {
                throw invalidTensor(name, rule);
            }
            numbers.add(json.getLongValue());
        }
        return numbers;
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
                    + " bytes follow the header");
        }
        return byName;
    }

    private static String shortened(@Nullable String text) {
        return text == null || text.length() <= 40 ? String.valueOf(text) : text.substring(0, 40) + "…";
    }

    private InvalidModelException incomplete(String tensor) {
        return invalidTensor(tensor, "its entry must have exactly dtype, shape and data_offsets");
    }

    private InvalidModelException invalidTensor(String tensor, String problem) {
        return invalid("tensor " + tensor + ": " + problem);
    }

    private InvalidModelException invalid(String problem) {
        return new InvalidModelException(message(file, problem));
    }

    private static String message(String file, String problem) {
        return file + ": " + problem + "; the file is damaged or not safetensors: copy or download it again";
    }
}
