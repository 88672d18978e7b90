package io.millrace.service;

import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import io.prometheus.client.Histogram;
import io.prometheus.client.exporter.common.TextFormat;
import io.prometheus.client.hotspot.DefaultExports;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.function.DoubleSupplier;

/**
 * One server's metrics, in Prometheus' text exposition. The only type that sees the Prometheus client.
 *
 * <p>Names start with {@code millrace_} and end with their unit. Safe for any thread.
 */
public final class Metrics {
    // From 50 µs to 50 s: a search in memory at one end, a bulk write waiting for its disk at the other.
    private static final double[] SECONDS = {
        50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, .1, .25, .5, 1, 2.5, 5, 10, 50
    };
    private static final double[] SIZES = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384, 65536};

    private final CollectorRegistry registry = new CollectorRegistry(true);

    /** Metrics of a server, with those of its JVM. */
    public Metrics() {
        DefaultExports.register(registry);
    }

    /** Adds a counter with no label. */
    public Recorder counter(String name, String help) {
        Counter counter = Counter.build(name, help).register(registry);
        return counter::inc;
    }

    /** Adds a counter with one label. */
    public LabelledRecorder counter(String name, String help, String label) {
        Counter counter = Counter.build(name, help).labelNames(label).register(registry);
        return (value, amount) -> counter.labels(value).inc(amount);
    }

    /** Adds a gauge whose value is read at each scrape. */
    public void gauge(String name, String help, DoubleSupplier value) {
        Gauge.build(name, help)
                .create()
                .setChild(new Gauge.Child() {
                    @Override
                    public double get() {
                        return value.getAsDouble();
                    }
                })
                .register(registry);
    }

    /** Adds a histogram of seconds with one label. */
    public LabelledRecorder seconds(String name, String help, String label) {
        Histogram histogram =
                Histogram.build(name, help).labelNames(label).buckets(SECONDS).register(registry);
        return (value, seconds) -> histogram.labels(value).observe(seconds);
    }

    /** Adds a histogram of seconds. */
    public Recorder seconds(String name, String help) {
        Histogram histogram = Histogram.build(name, help).buckets(SECONDS).register(registry);
        return histogram::observe;
    }

    /** Adds a histogram of counts or sizes. */
    public Recorder sizes(String name, String help) {
        Histogram histogram = Histogram.build(name, help).buckets(SIZES).register(registry);
        return histogram::observe;
    }

    /** Everything, as Prometheus text format 0.0.4. */
    public String text() {
        StringWriter out = new StringWriter();
        try {
            TextFormat.write004(out, registry.metricFamilySamples());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString();
    }

    /** Takes one amount: an increment or an observation. */
    @FunctionalInterface
    public interface Recorder {
        /** Records an amount. */
        void add(double amount);
    }

    /** Takes one amount under a label's value. */
    @FunctionalInterface
    public interface LabelledRecorder {
        /** Records an amount under a label's value. */
        void add(String label, double amount);
    }
}
