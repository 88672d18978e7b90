/** What vectors cost, told from their terms alone. Start here: {@link io.millrace.evaluation.sparsity.TermCounts}. */
@NullMarked
package io.millrace.evaluation.sparsity;

import org.jspecify.annotations.NullMarked;
