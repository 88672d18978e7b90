/** Connections to encoder workers. Start here: {@link io.millrace.coordinator.encode.WorkerPool}. */
@NullMarked
package io.millrace.coordinator.encode;

import org.jspecify.annotations.NullMarked;
