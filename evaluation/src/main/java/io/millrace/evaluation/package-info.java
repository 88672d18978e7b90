/**
 * Retrieval metrics that agree with trec_eval: a {@link io.millrace.evaluation.Ranking} of one query is judged against
 * {@link io.millrace.evaluation.Qrels} by {@link io.millrace.evaluation.Metric}s, and averaged over queries. Plain Java
 * without any dependency on the rest. Start here: {@link io.millrace.evaluation.Evaluation}.
 */
@NullMarked
package io.millrace.evaluation;

import org.jspecify.annotations.NullMarked;
