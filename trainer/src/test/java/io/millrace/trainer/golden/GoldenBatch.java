package io.millrace.trainer.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.trainer.batch.TrainingVectors;
import io.millrace.trainer.loss.DocumentIds;
import io.millrace.trainer.loss.Supervision;
import io.millrace.trainer.regularizer.DocumentFrequencies;
import io.millrace.vector.SparseMatrix;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** A recorded batch with its cases; {@code src/test/python/golden_objective.py} wrote them. */
record GoldenBatch(
        String name,
        TrainingVectors vectors,
        double[] teacher,
        @Nullable DocumentIds ids,
        List<GoldenCase> cases) {

    static List<GoldenBatch> all() throws IOException {
        JsonNode root = read("objective.json");
        JsonNode counted = root.get("frequencies");
        DocumentFrequencies frequencies = new DocumentFrequencies(
                ints(counted.get("counts")), counted.get("documents").intValue());
        List<GoldenBatch> batches = new ArrayList<>();
        for (JsonNode batch : root.get("batches")) {
            int columns = batch.get("columns").intValue();
            TrainingVectors vectors = new TrainingVectors(
                    rows(batch.get("queries"), columns),
                    rows(batch.get("documents"), columns),
                    batch.get("group").intValue());
            List<GoldenCase> cases = new ArrayList<>();
            for (JsonNode recorded : batch.get("cases")) {
                cases.add(GoldenCase.of(recorded, frequencies));
            }
            DocumentIds ids = batch.get("ids").isNull()
                    ? null
                    : new DocumentIds(
                            strings(batch.get("ids")),
                            StreamSupport.stream(batch.get("positives").spliterator(), false)
                                    .map(GoldenBatch::strings)
                                    .toList());
            batches.add(
                    new GoldenBatch(batch.get("name").asText(), vectors, doubles(batch.get("teacher")), ids, cases));
        }
        return batches;
    }

    static JsonNode read(String file) throws IOException {
        try (InputStream in = GoldenBatch.class.getResourceAsStream(file)) {
            return new ObjectMapper().readTree(Objects.requireNonNull(in));
        }
    }

    Supervision supervision(boolean withIds) {
        return new Supervision(teacher, withIds ? ids : null);
    }

    static double[] doubles(JsonNode values) {
        double[] numbers = new double[values.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = values.get(i).doubleValue();
        }
        return numbers;
    }

    private static int[] ints(JsonNode values) {
        int[] numbers = new int[values.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = values.get(i).intValue();
        }
        return numbers;
    }

    private static List<String> strings(JsonNode values) {
        return StreamSupport.stream(values.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    private static SparseMatrix rows(JsonNode rows, int columns) {
        List<SparseVector> vectors = new ArrayList<>();
        for (JsonNode row : rows) {
            float[] weights = new float[row.get(1).size()];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = row.get(1).get(i).floatValue();
            }
            vectors.add(new SparseVector(ints(row.get(0)), weights));
        }
        return SparseMatrix.of(vectors, columns);
    }
}
