package io.millrace.model.contract;

/** Which of a text's positions are pooled. */
public enum Positions {
    /** All that count under the special-token policy. */
    ALL,
    /** Only the first one, whatever token it is (TILDE, which reads at {@code [CLS]}). */
    FIRST,
    /** Only the last one, whatever token it is (PromptReps, zero-shot prompting). */
    LAST
}
