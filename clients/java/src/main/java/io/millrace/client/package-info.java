/**
 * Java client of a Millrace cluster: blocking calls with deadlines, and a streaming ingest that survives lost
 * connections without losing or doubling a document. Requests and answers are the protocol's own messages
 * ({@code io.millrace.v1}). Start here: {@link io.millrace.client.MillraceClient}, then
 * {@link io.millrace.client.IngestStream}.
 */
@NullMarked
package io.millrace.client;

import org.jspecify.annotations.NullMarked;
