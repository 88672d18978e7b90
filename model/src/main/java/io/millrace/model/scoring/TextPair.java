package io.millrace.model.scoring;

/**
 * What is scored.
 *
 * @param query as the user wrote it
 * @param document its title and text, joined as the model was trained
 */
public record TextPair(String query, String document) {}
