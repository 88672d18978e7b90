/**
 * What a training run reads: examples of a query, a document that answers it, documents that do not, and what a teacher
 * says of each. Files are turned once into checksummed stores ({@code store}) that are read in any order without being
 * held in memory; {@code format} knows what stands in them, {@code pool} makes groups of them, {@code stream} gives them
 * out in an order that a seed decides. Start here: {@link io.millrace.trainer.data.stream.BatchStream}.
 */
@NullMarked
package io.millrace.trainer.data;

import org.jspecify.annotations.NullMarked;
