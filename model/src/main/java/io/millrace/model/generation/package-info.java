/**
 * Text that a model writes: queries that a document could answer, by which documents are expanded. Start here:
 * {@link io.millrace.model.generation.TextGenerator}.
 */
@NullMarked
package io.millrace.model.generation;

import org.jspecify.annotations.NullMarked;
