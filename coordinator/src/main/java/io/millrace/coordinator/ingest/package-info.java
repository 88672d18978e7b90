/** The way of a document from a client's stream to its shard. Start here: {@link io.millrace.coordinator.ingest.DocumentPipeline}. */
@NullMarked
package io.millrace.coordinator.ingest;

import org.jspecify.annotations.NullMarked;
