/**
 * Whether two systems differ by more than chance, from their figures of the same queries. Start here:
 * {@link io.millrace.evaluation.significance.PairedTTest}.
 */
@NullMarked
package io.millrace.evaluation.significance;

import org.jspecify.annotations.NullMarked;
