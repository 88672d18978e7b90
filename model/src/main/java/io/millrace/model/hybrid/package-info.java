/**
 * Hybrid spaces: a model's terms and the words of the text in one vector, so that one posting list and one dot product hold
 * both. Start here: {@link io.millrace.model.hybrid.HybridSpace}.
 */
@NullMarked
package io.millrace.model.hybrid;

import org.jspecify.annotations.NullMarked;
