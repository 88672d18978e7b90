package io.millrace.model.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** The terms of a {@code tokenizer.json}, by id. Immutable. */
public final class Vocabulary {
    /** Ids beyond this are a damaged file: the largest vocabularies in use have about 262,000 terms. */
    private static final int MAX_SIZE = 4_000_000;

    private final String[] terms;
    private final Set<Integer> specialIds;
    private final OptionalInt unknownId;

    private Vocabulary(String[] terms, Set<Integer> specialIds, OptionalInt unknownId) {
        this.terms = terms;
        this.specialIds = Set.copyOf(specialIds);
        this.unknownId = unknownId;
    }

    /**
     * Reads the vocabulary and the added tokens of a tokenizer.
     *
     * @throws InvalidModelException if the file is not a tokenizer, or an id is out of range or given twice
     * @throws IOException if the file cannot be read
     */
    public static Vocabulary read(Path tokenizerJson) throws IOException {
        JsonNode root;
        try {
            root = new JsonMapper().readTree(Files.readAllBytes(tokenizerJson));
        } catch (JsonProcessingException e) {
            throw new InvalidModelException(
                    tokenizerJson + ": not valid JSON: " + e.getOriginalMessage() + "; copy or download it again", e);
        }
        Map<Integer, String> byId = new HashMap<>();
        JsonNode vocabulary = root.path("model").path("vocab");
        if (vocabulary.isObject()) {
            for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
                add(tokenizerJson, byId, entry.getValue(), entry.getKey());
            }
        } else if (vocabulary.isArray()) {
            // Unigram models list [piece, score]; the id is the position.
            for (int id = 0; id < Math.min(vocabulary.size(), MAX_SIZE); id++) {
                byId.put(id, vocabulary.get(id).path(0).asText());
            }
        }
        Set<Integer> special = new TreeSet<>();
        for (JsonNode token : root.path("added_tokens")) {
            add(tokenizerJson, byId, token.path("id"), token.path("content").asText());
            if (token.path("special").asBoolean()) {
                special.add(token.path("id").asInt());
            }
        }
        if (byId.isEmpty()) {
            throw new InvalidModelException(tokenizerJson
                    + ": it has no model.vocab; give the tokenizer.json of a Hugging Face fast tokenizer");
        }
        int size = byId.keySet().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1;
        String[] terms = new String[size];
        for (int id = 0; id < size; id++) {
            terms[id] = byId.getOrDefault(id, "");
        }
        return new Vocabulary(terms, special, unknown(root.path("model"), terms));
    }

    /** WordPiece, WordLevel and BPE name the token, Unigram its position. */
    private static OptionalInt unknown(JsonNode model, String[] terms) {
        JsonNode position = model.path("unk_id");
        if (position.isInt() && position.asInt() >= 0 && position.asInt() < terms.length) {
            return OptionalInt.of(position.asInt());
        }
        JsonNode name = model.path("unk_token");
        return IntStream.range(0, name.isTextual() ? terms.length : 0)
                .filter(id -> terms[id].equals(name.asText()))
                .findFirst();
    }

    private static void add(Path file, Map<Integer, String> byId, JsonNode id, String term) {
        if (!id.isInt() || id.asInt() < 0 || id.asInt() >= MAX_SIZE) {
            throw new InvalidModelException(
                    file + ": term '" + term + "' has id " + id + ", which is not between 0 and " + (MAX_SIZE - 1));
        }
        String other = byId.putIfAbsent(id.asInt(), term);
        if (other != null && !other.equals(term)) {
            throw new InvalidModelException(
                    file + ": terms '" + other + "' and '" + term + "' share id " + id + "; download it again");
        }
    }

    /** Largest id plus one. */
    public int size() {
        return terms.length;
    }

    /** Ids of control tokens such as {@code [CLS]}. Read-only. */
    public Set<Integer> specialIds() {
        return specialIds;
    }

    /** Id of the token that stands for what the tokenizer does not know; empty if there is none. */
    public OptionalInt unknownId() {
        return unknownId;
    }

    /**
     * A term as the tokenizer spells it; empty for an id in a gap.
     *
     * @throws IndexOutOfBoundsException if the id is not in [0, {@link #size})
     */
    public String term(int id) {
        return terms[id];
    }
}
