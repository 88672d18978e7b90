/**
 * The front of the cluster: takes documents in, has them encoded, routes them to shards, and answers searches. Start
 * here: {@link io.millrace.coordinator.Coordinator}; the way of a document is
 * {@link io.millrace.coordinator.ingest.DocumentPipeline}, that of a query
 * {@link io.millrace.coordinator.search.SearchFanout}.
 */
@NullMarked
package io.millrace.coordinator;

import org.jspecify.annotations.NullMarked;
