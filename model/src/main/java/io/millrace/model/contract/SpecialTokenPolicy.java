package io.millrace.model.contract;

/**
 * Whether positions of control tokens count in pooling: of the tokens that the tokenizer's template adds, such as
 * {@code [CLS]} and {@code [SEP]}, also where a text spells them out. Other control tokens that a text has, such as
 * {@code [UNK]}, are part of it. Tables are stricter: where control tokens are masked there, none of them has a weight.
 */
public enum SpecialTokenPolicy {
    /** They count like any other position: what naver's SPLADE and sentence-transformers train with. */
    KEEP,
    /** They are left out of pooling, though the other positions still attend to them. */
    MASK
}
