/**
 * Which documents a search ranks, by their metadata: filters, and for each segment the values of its fields with the documents
 * that have them. Start here: {@link io.millrace.index.filter.FieldIndex}.
 */
@NullMarked
package io.millrace.index.filter;

import org.jspecify.annotations.NullMarked;
