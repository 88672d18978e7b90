package io.millrace.model;

/**
 * A text as the backbone reads it.
 *
 * @param ids token ids [T], special tokens included, cut to the model's length; never padded
 * @param truncatedTokens tokens of the text that were cut off; 0 = the whole text was read
 */
public record TokenizedText(int[] ids, int truncatedTokens) {}
