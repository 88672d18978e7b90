package io.millrace.model.contract;

import io.millrace.model.TextRole;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Everything beyond weights, configuration and tokenizer that decides a text's vector: what {@code millrace.json} holds.
 *
 * @param name of the model, for people
 * @param query how queries become vectors
 * @param document how documents become vectors
 * @param digests SHA-256 (64 lower-case hexadecimal characters) by file name; empty if derived and not yet saved
 */
public record EncodingContract(
        String name, RoleContract query, RoleContract document, SortedMap<String, String> digests) {
    /** Copies the digests; refuses an empty name. */
    public EncodingContract {
        if (name.isBlank()) {
            throw new IllegalArgumentException("a model needs a name");
        }
        digests = Collections.unmodifiableSortedMap(new TreeMap<>(digests));
    }

    /**
     * Parses a {@code millrace.json}.
     *
     * @param file name for messages
     * @throws io.millrace.model.InvalidModelException if a key is missing, unknown or has a value that makes no sense
     */
    public static EncodingContract parse(String file, String json) {
        return ContractJson.read(file, json);
    }

    /** How texts of a role are read and cut. */
    public RoleContract role(TextRole role) {
        return switch (role) {
            case QUERY -> query;
            case DOCUMENT -> document;
        };
    }

    /** The same with another length for both roles, which makes another space. */
    public EncodingContract withMaxTokens(int tokens) {
        return new EncodingContract(name, query.withMaxTokens(tokens), document.withMaxTokens(tokens), digests);
    }

    /** The same with other digests. */
    public EncodingContract withDigests(Map<String, String> other) {
        return new EncodingContract(name, query, document, new TreeMap<>(other));
    }

    /** The same without name and digests: what decides vectors beside the files themselves. */
    public EncodingContract anonymous() {
        return new EncodingContract("-", query, document, new TreeMap<>());
    }

    /** The same with another name. */
    public EncodingContract withName(String other) {
        return new EncodingContract(other, query, document, digests);
    }

    /** As {@code millrace.json} spells it: indented JSON, ending in a line feed. */
    @Override
    public String toString() {
        return ContractJson.write(this);
    }
}
