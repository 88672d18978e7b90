package io.millrace.evaluation.msmarco;

/**
 * A passage or a query.
 *
 * @param id its id
 * @param text its text
 */
public record TextLine(String id, String text) {}
