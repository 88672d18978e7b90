package io.millrace.model.head;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.InvalidModelException;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.safetensors.SafetensorsFile;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.tokenizer.Vocabulary;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Weights of tokens that need no inference: each token that occurs has its own, however often it occurs, as
 * sentence-transformers' SparseStaticEmbedding and OpenSearch's inference-free queries have it; or the same weight as often
 * as it occurs. Immutable.
 */
public final class TokenWeights {
    /** Name of the tensor of a table in safetensors. */
    public static final String TENSOR = "weight";

    /** By token id; 0 for tokens that have none. */
    private final float[] weights;

    /** Whether a token that occurs more than once has its weight as often. */
    private final boolean counted;

    private TokenWeights(float[] weights, boolean counted) {
        this.weights = weights;
        this.counted = counted;
    }

    /**
     * Given weights.
     *
     * @param byToken by token id; those below 0 count as none
     * @param counted whether a token that occurs more than once has its weight as often
     */
    public static TokenWeights of(float[] byToken, boolean counted) {
        float[] weights = byToken.clone();
        for (int id = 0; id < weights.length; id++) {
            weights[id] = Math.max(weights[id], 0);
        }
        return new TokenWeights(weights, counted);
    }

    /**
     * The weights of a role; empty if its head needs a model.
     *
     * @throws InvalidModelException if the table is missing, damaged, or names a term that the vocabulary lacks
     * @throws IOException if it cannot be read
     */
    public static Optional<TokenWeights> of(RoleContract role, Path directory, Vocabulary vocabulary)
            throws IOException {
        if (role.head().needsModel()) {
            return Optional.empty();
        }
        float[] weights = new float[role.head().outputs()];
        boolean counted = false;
        if (role.head() instanceof HeadContract.Table table) {
            Path file = directory.resolve(table.file());
            if (!Files.isRegularFile(file)) {
                throw new InvalidModelException(
                        file + " is missing, but the contract takes the weights of tokens from it; restore it");
            }
            if (table.file().endsWith(".safetensors")) {
                readTensor(file, weights);
            } else {
                read(file, vocabulary, weights);
            }
        } else if (role.head() instanceof HeadContract.Binary binary) {
            Arrays.fill(weights, (float) binary.weight());
            counted = binary.pooling() == Pooling.SUM;
        }
        if (role.reading().specialTokens() == SpecialTokenPolicy.MASK) {
            vocabulary.specialIds().stream().filter(id -> id < weights.length).forEach(id -> weights[id] = 0);
        }
        return Optional.of(new TokenWeights(weights, counted));
    }

    private static void read(Path file, Vocabulary vocabulary, float[] weights) throws IOException {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < Math.min(vocabulary.size(), weights.length); id++) {
            ids.put(vocabulary.term(id), id);
        }
        try {
            JsonNode table = new JsonMapper().readTree(Files.readAllBytes(file));
            for (Map.Entry<String, JsonNode> entry : table.properties()) {
                Integer id = ids.get(entry.getKey());
                double weight = entry.getValue().asDouble(Double.NaN);
                if (id == null || !Double.isFinite(weight)) {
                    throw new InvalidModelException(file + ": '" + entry.getKey() + "' has weight " + entry.getValue()
                            + (id == null ? ", but the tokenizer has no such term" : ", which is not a finite number")
                            + "; the table belongs to another model or is damaged");
                }
                weights[id] = (float) Math.max(weight, 0);
            }
        } catch (JsonProcessingException e) {
            throw new InvalidModelException(
                    file + ": not valid JSON: " + e.getOriginalMessage() + "; copy or download it again", e);
        }
    }

    /** What sentence-transformers' SparseStaticEmbedding saves: a tensor by token id. Weights below 0 count as none. */
    private static void readTensor(Path file, float[] weights) throws IOException {
        try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
            if (!tensors.tensors().contains(TENSOR)) {
                throw new InvalidModelException(
                        file + " has tensors " + tensors.tensors() + ", but a table is one named '" + TENSOR
                                + "'; give the file that SparseStaticEmbedding saved");
            }
            Tensor tensor = tensors.tensor(TENSOR);
            FloatBuffer values = tensor.values();
            if (tensor.shape().size() != 1 || values.remaining() < weights.length) {
                throw new InvalidModelException(file + ": tensor " + TENSOR + " has shape " + tensor.shape()
                        + ", but the tokenizer has " + weights.length + " terms; the table belongs to another model");
            }
            for (int id = 0; id < weights.length; id++) {
                float weight = values.get(values.position() + id);
                if (!Float.isFinite(weight)) {
                    throw new InvalidModelException(file + ": term " + id + " has weight " + weight
                            + ", which is not a finite number; the table is damaged");
                }
                weights[id] = Math.max(weight, 0);
            }
        }
    }

    /** Weight of a token; 0 for one that has none. */
    public float weight(int token) {
        return weights[token];
    }

    /** The largest weight; 0 if no token has one. */
    public float largest() {
        float largest = 0;
        for (float weight : weights) {
            largest = Math.max(largest, weight);
        }
        return largest;
    }

    /** Weights by token id, a copy. */
    public float[] weights() {
        return weights.clone();
    }

    /**
     * Other weights for the tokens that have one; those of the others stay 0.
     *
     * @param values by token id; those below 0 count as 0
     */
    public TokenWeights with(float[] values) {
        float[] other = new float[weights.length];
        for (int id = 0; id < other.length; id++) {
            other[id] = weights[id] > 0 ? Math.max(values[id], 0) : 0;
        }
        return new TokenWeights(other, counted);
    }

    /** The vector of a text's tokens. */
    public SparseVector vector(int[] tokens) {
        SparseVector times = occurrences(tokens);
        int[] ids = times.ids();
        float[] kept = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            kept[i] = weights[ids[i]] * times.weights()[i];
        }
        return new SparseVector(ids, kept);
    }

    /** How often each token of a text that has a weight is counted: once, or as often as it occurs. */
    public SparseVector occurrences(int[] tokens) {
        int[] sorted = Arrays.stream(tokens)
                .filter(token -> token < weights.length && weights[token] > 0)
                .sorted()
                .toArray();
        int[] ids = Arrays.stream(sorted).distinct().toArray();
        float[] times = new float[ids.length];
        for (int i = 0, at = 0; i < ids.length; i++) {
            int first = at;
            while (at < sorted.length && sorted[at] == ids[i]) {
                at++;
            }
            times[i] = counted ? at - first : 1;
        }
        return new SparseVector(ids, times);
    }
}
