/**
 * BM25 in the form of sparse vectors, so that the classic baseline is indexed, searched, measured and evaluated like any
 * model. Start here: {@link io.millrace.model.lexical.LexicalEncoder}, and {@link
 * io.millrace.model.lexical.CorpusStatistics}, which makes its folder from a corpus.
 */
@NullMarked
package io.millrace.model.lexical;

import org.jspecify.annotations.NullMarked;
