/**
 * From files to groups: for each query the documents that may stand in its group, and which of them do in a given epoch.
 * Documents that are known to answer the query, by judgement, by text or by their teacher's score, are no negatives.
 * Start here: {@link io.millrace.trainer.data.pool.GroupSampler}.
 */
@NullMarked
package io.millrace.trainer.data.pool;

import org.jspecify.annotations.NullMarked;
