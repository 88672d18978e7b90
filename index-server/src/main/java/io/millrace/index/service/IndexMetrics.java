package io.millrace.index.service;

import io.millrace.index.shard.ShardObserver;
import io.millrace.index.shard.ShardSize;
import io.millrace.service.Metrics;
import java.util.function.ToLongFunction;

/** What an index server measures of itself. Safe for any thread. */
public final class IndexMetrics implements ShardObserver {
    private static final double NANOS = 1e9;

    private final Metrics.Recorder writes;
    private final Metrics.Recorder searches;
    private final Metrics.Recorder syncs;
    private final Metrics.Recorder groups;
    private final Metrics.LabelledRecorder maintenance;
    private final Metrics.Recorder failures;
    private final Metrics.LabelledRecorder refusals;

    /** Registers the recorders. */
    public IndexMetrics(Metrics metrics) {
        writes = metrics.seconds(
                "millrace_index_write_seconds", "Time of a write, its wait and sync included, seconds.");
        searches = metrics.seconds("millrace_index_search_seconds", "Time in the searcher, seconds.");
        syncs = metrics.seconds("millrace_index_sync_seconds", "Time of one log write and its sync, seconds.");
        groups = metrics.sizes("millrace_index_group_operations", "Operations that shared one sync.");
        maintenance = metrics.seconds(
                "millrace_index_maintenance_seconds", "Time of a flush or merge until it was searchable.", "kind");
        failures = metrics.counter("millrace_index_maintenance_failures_total", "Flushes and merges that failed.");
        refusals = metrics.counter("millrace_index_refused_total", "Calls refused or given up, by kind.", "kind");
    }

    /** Registers gauges over the shards, read at each scrape. */
    public void watch(Metrics metrics, ShardRegistry shards) {
        gauge(metrics, shards, "millrace_index_documents", "Live documents.", ShardSize::documents);
        gauge(metrics, shards, "millrace_index_postings", "Postings held.", ShardSize::postings);
        gauge(metrics, shards, "millrace_index_segments", "Immutable segments on disk.", ShardSize::segments);
        gauge(metrics, shards, "millrace_index_memory_bytes", "Memory of opened indexes.", ShardSize::memoryBytes);
        gauge(
                metrics,
                shards,
                "millrace_index_buffered_documents",
                "Documents in write buffers.",
                ShardSize::bufferedDocuments);
        metrics.gauge(
                "millrace_index_shards", "Open shards.", () -> shards.all().size());
        metrics.gauge(
                "millrace_index_queued_batches",
                "Write batches waiting for their sync.",
                () -> shards.all().stream().mapToLong(writer -> writer.queued()).sum());
    }

    void wrote(long nanos) {
        writes.add(nanos / NANOS);
    }

    void searched(long nanos) {
        searches.add(nanos / NANOS);
    }

    void refused(String kind) {
        refusals.add(kind, 1);
    }

    @Override
    public void committed(int operations, long nanos) {
        syncs.add(nanos / NANOS);
        groups.add(operations);
    }

    @Override
    public void flushed(long nanos) {
        maintenance.add("flush", nanos / NANOS);
    }

    @Override
    public void merged(long nanos) {
        maintenance.add("merge", nanos / NANOS);
    }

    @Override
    public void maintenanceFailed(RuntimeException cause) {
        failures.add(1);
    }

    private static void gauge(
            Metrics metrics, ShardRegistry shards, String name, String help, ToLongFunction<ShardSize> part) {
        metrics.gauge(
                name,
                help,
                () -> shards.all().stream()
                        .mapToLong(writer -> part.applyAsLong(writer.shard().size()))
                        .sum());
    }
}
