/**
 * What is kept of a vector once a head has given it: pieces of a long text joined, and terms ruled out. Start here:
 * {@link io.millrace.model.pruning.Pruning}.
 */
@NullMarked
package io.millrace.model.pruning;

import org.jspecify.annotations.NullMarked;
