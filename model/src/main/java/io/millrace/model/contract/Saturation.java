package io.millrace.model.contract;

/** What dampens a logit after ReLU, at each position. */
public enum Saturation {
    /** relu(x): nothing. */
    NONE(0),
    /** log(1 + relu(x)). */
    LOG1P(1),
    /** log(1 + log(1 + relu(x))): trained so for sparser vectors. */
    DOUBLE_LOG1P(2);

    private final int logarithms;

    Saturation(int logarithms) {
        this.logarithms = logarithms;
    }

    /** How often log(1 + x) is applied. */
    public int logarithms() {
        return logarithms;
    }
}
