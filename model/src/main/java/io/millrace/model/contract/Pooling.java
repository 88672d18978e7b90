package io.millrace.model.contract;

/** How a term's weights at the positions of a text become one. */
public enum Pooling {
    /** The largest (SPLADE v2, eq. 6). */
    MAX,
    /** Their sum (SPLADE v1, eq. 3). */
    SUM
}
