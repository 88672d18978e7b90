/**
 * What stands in the files of training data: collections and queries, triples, judgements, hard negatives, teacher scores.
 * Each reader says file, line and what to do where a file is not as it must be. Start here:
 * {@link io.millrace.trainer.data.format.PassageStore}.
 */
@NullMarked
package io.millrace.trainer.data.format;

import org.jspecify.annotations.NullMarked;
