package io.millrace.encoder;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Reads a worker's metrics as Prometheus would. */
final class Scrape {
    private Scrape() {}

    static String text(EncoderWorker worker) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + worker.metricsPort() + "/metrics"))
                                    .timeout(Duration.ofSeconds(10))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
        }
    }

    static double value(EncoderWorker worker, String sample) throws IOException, InterruptedException {
        return text(worker)
                .lines()
                .filter(line -> line.startsWith(sample + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(sample.length() + 1)))
                .findFirst()
                .orElse(Double.NaN);
    }

    static void awaitValue(EncoderWorker worker, String sample, double expected)
            throws IOException, InterruptedException {
        for (int i = 0; i < 400; i++) {
            if (value(worker, sample) == expected) {
                return;
            }
            Thread.sleep(25);
        }
        throw new AssertionError(sample + " is " + value(worker, sample) + ", not " + expected);
    }
}
