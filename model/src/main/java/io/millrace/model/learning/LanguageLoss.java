package io.millrace.model.learning;

/**
 * Cross-entropies of the next token, in nats, mean over tokens.
 *
 * @param plain of the logits
 * @param rectified of log(1 + ReLU(logits)); 0 where its weight is 0
 * @param tokens that were predicted
 */
public record LanguageLoss(double plain, double rectified, long tokens) {}
