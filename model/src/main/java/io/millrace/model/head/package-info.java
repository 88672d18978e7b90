/**
 * Hidden states to sparse vectors: the projection to the vocabulary, its activation and pooling over positions, of which
 * only term ids and weights come back. Start here: {@link io.millrace.model.head.SparseHead}.
 */
@NullMarked
package io.millrace.model.head;

import org.jspecify.annotations.NullMarked;
