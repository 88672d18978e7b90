/**
 * Immutable posting lists in off-heap memory: built from vectors, merged from one another, freed with their last
 * reader. Nothing in here is sized by the vocabulary. Start here: {@link io.millrace.index.segment.Segment}.
 */
@NullMarked
package io.millrace.index.segment;

import org.jspecify.annotations.NullMarked;
