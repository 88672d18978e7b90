package io.millrace.evaluation.beir;

/**
 * A document of a collection.
 *
 * @param id its {@code _id}
 * @param title title; may be empty
 * @param text text; may be empty
 */
public record BeirDocument(String id, String title, String text) {}
