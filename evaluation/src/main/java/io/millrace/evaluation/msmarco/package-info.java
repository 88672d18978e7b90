/** Collections in MS MARCO's layout. Start here: {@link io.millrace.evaluation.msmarco.MarcoFolder}. */
@NullMarked
package io.millrace.evaluation.msmarco;

import org.jspecify.annotations.NullMarked;
