/**
 * Memory outside the heap while it is being filled. Start here: {@link io.millrace.index.memory.GrowingMemory}.
 */
@NullMarked
package io.millrace.index.memory;

import org.jspecify.annotations.NullMarked;
