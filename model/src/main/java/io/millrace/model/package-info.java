/**
 * Checkpoints, tokenizers, backbones and heads: text in, sparse vectors out. Start here:
 * {@link io.millrace.model.SparseEncoder}.
 */
@NullMarked
package io.millrace.model;

import org.jspecify.annotations.NullMarked;
