package io.millrace.deploy.bench.search;

import io.millrace.index.record.WeightScheme;
import java.util.Formatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * What was measured, for people and for programs.
 *
 * @param scale what was measured on
 * @param build from vectors to a shard
 * @param engines by what they are in the report: the engine under test as {@link #SEARCH}, and those beside it
 */
record SearchReport(
        Scale scale, BuildMeasurement.Figures build, SequencedMap<String, SearchMeasurement.Figures> engines) {
    /** The engine under test. */
    static final String SEARCH = "search";

    /** The same behind the calls of a server. */
    static final String CORE = "core";

    /** The same with its documents scored again. */
    static final String RESCORED = "rescored";

    /** The baseline. */
    static final String EXHAUSTIVE = "exhaustive";

    /**
     * Size of the task.
     *
     * @param folder of the vectors
     * @param weights how the shard keeps weights
     * @param queries that were asked
     * @param queryTerms of a query, on average
     * @param plan how they were asked
     * @param writes how documents were written
     */
    record Scale(
            String folder,
            WeightScheme.Format weights,
            int queries,
            double queryTerms,
            SearchMeasurement plan,
            BuildMeasurement writes) {}

    /** One object for JSON. */
    Map<String, Object> toJson() {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("folder", scale.folder);
        report.put("weights", weights());
        report.put("batch", scale.writes.batch());
        report.put("inFlight", scale.writes.inFlight());
        report.put("bulk", scale.writes.bulk());
        report.put("build", build);
        report.put("queries", scale.queries);
        report.put("termsPerQuery", Rounded.to(1, scale.queryTerms));
        report.put("k", scale.plan.k());
        report.put("rounds", scale.plan.rounds());
        report.putAll(engines);
        LatencyFigures ratio = ratio();
        if (ratio != null) {
            report.put("ratio", ratio);
        }
        return report;
    }

    /** Lines for people. */
    String toText() {
        try (Formatter text = new Formatter(Locale.ROOT)) {
            text.format("%s: %,d documents of %.1f terms, ", scale.folder, build.documents(), termsPerDocument());
            text.format("%,d queries of %.1f, weights %s%n%n", scale.queries, scale.queryTerms, weights());
            formatBuild(text);
            formatLatencies(text);
            engines.values().forEach(engine -> formatEngine(text, engine, scale.plan.k()));
            return text.toString().strip();
        }
    }

    private void formatBuild(Formatter text) {
        text.format("build%s, ", scale.writes.bulk() ? " in bulk" : "");
        text.format("batches of %d, %d in flight, synced%n", scale.writes.batch(), scale.writes.inFlight());
        text.format("  acknowledged   %,10.0f documents/s%n", build.documentsPerSecond());
        text.format("  settled after  %10.2f s%n", build.settleSeconds());
        formatSize(text, "disk", build.diskBytes(), build.diskBytesPerNonZero());
        formatSize(text, "memory", build.memoryBytes(), build.memoryBytesPerNonZero());
        text.format("  segments       %10d, durable: %d", build.segments(), build.durableSegments());
        text.format("; %,d documents in the others%n", build.bufferedDocuments());
        text.format("  reopened in    %10.2f s%n%n", build.reopenSeconds());
    }

    private static void formatSize(Formatter text, String what, long bytes, double perNonZero) {
        text.format("  %-13s  %10.1f MiB, %.2f bytes a non-zero%n", what, bytes / (double) (1 << 20), perNonZero);
    }

    private void formatLatencies(Formatter text) {
        String title = "search, k " + scale.plan.k() + ", one thread, microseconds";
        text.format("%-44s %9s %9s %9s %9s %9s%n", title, "mean", "p50", "p90", "p99", "max");
        for (SearchMeasurement.Figures engine : engines.values()) {
            String best = engine.engine() + ", best of " + scale.plan.rounds() + " rounds";
            formatRow(text, best, 0, engine.bestOfRoundsMicros());
            String last = engine.engine() + ", last round";
            formatRow(text, last, 0, engine.lastRoundMicros());
        }
        LatencyFigures ratio = ratio();
        if (ratio != null) {
            formatRow(text, "ratio of the best to that of all postings", 3, ratio);
        }
    }

    private static void formatEngine(Formatter text, SearchMeasurement.Figures engine, int k) {
        text.format("%n%s%n", engine.engine());
        text.format("  throughput     %,10.0f queries/s, threads: %d%n", engine.queriesPerSecond(), engine.threads());
        text.format("  allocated      %,10d bytes a query", engine.allocatedBytesPerQuery());
        text.format(", garbage collections: %d%n", engine.garbageCollections());
        text.format("  recall         %10.6f of the best %d%n", engine.recall(), k);
        text.format("  scores differ  %10.1e at most, relatively%n", engine.largestScoreDifference());
    }

    private static void formatRow(Formatter text, String name, int digits, LatencyFigures row) {
        text.format("  %-42s", name);
        for (double figure : new double[] {row.mean(), row.p50(), row.p90(), row.p99(), row.max()}) {
            text.format(" %,9." + digits + "f", figure);
        }
        text.format("%n");
    }

    /** Of the engine under test to the baseline, if that was measured. */
    private @Nullable LatencyFigures ratio() {
        SearchMeasurement.Figures search = engines.get(SEARCH);
        SearchMeasurement.Figures exhaustive = engines.get(EXHAUSTIVE);
        return search == null || exhaustive == null
                ? null
                : search.bestOfRoundsMicros().over(exhaustive.bestOfRoundsMicros());
    }

    private double termsPerDocument() {
        return (double) build.nonZeros() / build.documents();
    }

    private String weights() {
        return scale.weights == WeightScheme.Format.UINT8 ? "u8" : "f32";
    }
}
