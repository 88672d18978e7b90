/**
 * Whether a model fits before it is loaded: what its weights will take, and what this process may still take. Start here:
 * {@link io.millrace.model.memory.MemoryNeed}.
 */
@NullMarked
package io.millrace.model.memory;

import org.jspecify.annotations.NullMarked;
