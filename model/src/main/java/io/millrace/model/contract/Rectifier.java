package io.millrace.model.contract;

/** What makes the output of a layer a weight. */
public enum Rectifier {
    /** max(0, x). */
    RELU,
    /** log(1 + e^x): above 0 for every x. */
    SOFTPLUS
}
