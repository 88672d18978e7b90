package io.millrace.trainer.data;

/**
 * A text with the name it has in its collection: a query or a document.
 *
 * @param id its id; empty where the source gives texts only
 * @param text what is encoded of it
 */
public record Passage(String id, String text) {}
