/**
 * Reads collections in BEIR's layout: {@code corpus.jsonl}, {@code queries.jsonl} and {@code qrels/SPLIT.tsv}, each plain
 * or gzipped, streamed line by line so that memory stays flat, with errors that name file and line. Start here:
 * {@link io.millrace.evaluation.beir.BeirFolder}.
 */
@NullMarked
package io.millrace.evaluation.beir;

import org.jspecify.annotations.NullMarked;
