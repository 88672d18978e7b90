package io.millrace.model.contract;

/** Whether positions of control tokens such as {@code [CLS]} and {@code [SEP]} count in pooling. */
public enum SpecialTokenPolicy {
    /** They count like any other position: what naver's SPLADE and sentence-transformers train with. */
    KEEP,
    /** They are left out of pooling, though the other positions still attend to them. */
    MASK
}
