/**
 * Exact scores where postings keep 8 bits of a weight: more documents are found than wanted, and scored again by the vectors as they
 * were written. Start here: {@link io.millrace.index.rescore.RescoredSearch}.
 */
@NullMarked
package io.millrace.index.rescore;

import org.jspecify.annotations.NullMarked;
