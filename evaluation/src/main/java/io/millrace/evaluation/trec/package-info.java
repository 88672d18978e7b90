/**
 * TREC's text files of runs and judgements, read as trec_eval reads them. Start here:
 * {@link io.millrace.evaluation.trec.TrecFiles}.
 */
@NullMarked
package io.millrace.evaluation.trec;

import org.jspecify.annotations.NullMarked;
