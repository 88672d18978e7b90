package io.millrace.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Vectors that {@code src/test/python/expected_vectors.py} wrote.
 *
 * @param maxTokens length at which texts were cut
 * @param texts what was encoded
 * @param vectors of each text
 */
record RecordedVectors(int maxTokens, List<String> texts, List<SparseVector> vectors) {
    static RecordedVectors read(String resource) throws IOException {
        List<String> texts = new ArrayList<>();
        List<SparseVector> vectors = new ArrayList<>();
        try (InputStream json = RecordedVectors.class.getResourceAsStream(resource)) {
            JsonNode root = new JsonMapper().readTree(Objects.requireNonNull(json));
            for (JsonNode one : root.path("cases")) {
                texts.add(one.path("text").asText());
                int size = one.path("ids").size();
                float[] weights = new float[size];
                IntStream.range(0, size)
                        .forEach(i -> weights[i] = one.path("weights").path(i).floatValue());
                int[] ids = IntStream.range(0, size)
                        .map(i -> one.path("ids").path(i).asInt())
                        .toArray();
                vectors.add(new SparseVector(ids, weights));
            }
            return new RecordedVectors(root.path("max_tokens").asInt(), texts, vectors);
        }
    }
}
