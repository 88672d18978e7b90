package io.millrace.coordinator.ingest;

import io.millrace.service.Metrics;

/**
 * What ingest counts.
 *
 * @param operations operations settled, by outcome: applied, superseded, refused, unavailable
 * @param ackSeconds from acceptance to outcome
 * @param encodeBatch documents in an encode batch
 * @param writeBatch operations in a shard write
 */
record IngestMetrics(
        Metrics.LabelledRecorder operations,
        Metrics.Recorder ackSeconds,
        Metrics.Recorder encodeBatch,
        Metrics.Recorder writeBatch) {
    static IngestMetrics register(Metrics metrics) {
        return new IngestMetrics(
                metrics.counter("millrace_ingest_operations_total", "Operations settled, by outcome.", "outcome"),
                metrics.seconds("millrace_ingest_ack_seconds", "Time from acceptance to outcome, seconds."),
                metrics.sizes("millrace_ingest_encode_batch_documents", "Documents in an encode batch."),
                metrics.sizes("millrace_ingest_write_batch_operations", "Operations in a shard write."));
    }
}
