/**
 * The order of documents in large segments: those with the same terms side by side, so that searches pass over whole blocks. Work
 * for threads that give way to others. Start here: {@link io.millrace.index.order.BisectionOrder}.
 */
@NullMarked
package io.millrace.index.order;

import org.jspecify.annotations.NullMarked;
