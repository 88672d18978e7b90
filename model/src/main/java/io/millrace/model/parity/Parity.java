package io.millrace.model.parity;

/**
 * How near an encoder came to golden vectors.
 *
 * @param texts compared
 * @param largestDifference of a term's weight, over all texts
 * @param smallestCosine of a text's two vectors
 */
public record Parity(int texts, float largestDifference, double smallestCosine) {}
