/**
 * Training data of each form as pools: triples of texts or of ids, judged queries, hard negatives, lines that hold a whole
 * group, and any of them with a teacher's scores. Start here: {@link io.millrace.trainer.data.source.JudgedPools}.
 */
@NullMarked
package io.millrace.trainer.data.source;

import org.jspecify.annotations.NullMarked;
