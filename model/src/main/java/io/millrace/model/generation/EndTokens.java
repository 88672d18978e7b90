package io.millrace.model.generation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.millrace.model.InvalidModelException;
import io.millrace.model.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Tokens behind which nothing more is written: {@code eos_token_id}, a number or a list of them. */
final class EndTokens {
    /** What {@code generate} of transformers reads first. */
    private static final String GENERATION = "generation_config.json";

    private static final String KEY = "eos_token_id";

    private EndTokens() {}

    /**
     * Reads the tokens from {@code generation_config.json}, or, where it does not name any, from {@code config.json}.
     *
     * @return no token at all if neither file names one: then only the count of tokens ends a text
     * @throws InvalidModelException if a file is damaged, or names something else than tokens
     */
    static Set<Integer> read(Path directory) throws IOException {
        for (Path file : List.of(directory.resolve(GENERATION), directory.resolve(Checkpoint.CONFIG))) {
            JsonNode named = Files.exists(file) ? parse(file).path(KEY) : MissingNode.getInstance();
            if (!named.isMissingNode() && !named.isNull()) {
                return tokens(named, file);
            }
        }
        return Set.of();
    }

    private static JsonNode parse(Path file) throws IOException {
        try {
            return new JsonMapper().readTree(Files.readAllBytes(file));
        } catch (JsonProcessingException e) {
            throw new InvalidModelException(
                    file + ": not valid JSON: " + e.getOriginalMessage() + "; copy or download it again", e);
        }
    }

    private static Set<Integer> tokens(JsonNode named, Path file) {
        Set<Integer> tokens = new HashSet<>();
        for (JsonNode token : named.isArray() ? named : List.of(named)) {
            if (!token.isInt() || token.asInt() < 0) {
                throw new InvalidModelException(
                        file + ": " + KEY + " is " + token
                                + ", but must be a token's number, or a list of them; take the file that belongs to the weights");
            }
            tokens.add(token.asInt());
        }
        return tokens;
    }
}
