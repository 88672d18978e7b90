package io.millrace.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.vector.SparseVector;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/**
 * Encodes the first texts of a BEIR corpus and prints documents a second, tokenising included. The peer is
 * {@code benchmarks/peers/sparse_encoder.py}.
 */
public final class EncodeThroughput {
    /** Texts handed over at once: what an encoder worker's bulk window holds. */
    private static final int WINDOW = 256;

    private static final int MAX_VECTORS_COMPARED = 200;

    private EncodeThroughput() {}

    /**
     * {@code CORPUS MODEL LIMIT MAX_TOKENS THREADS REPETITIONS [VECTORS]}: corpus.jsonl or corpus.jsonl.gz, checkpoint
     * directory, texts to read, tokens kept of each, threads, repetitions, and optionally the peer's vectors, against
     * which the first ones are compared.
     */
    public static void main(String[] args) throws IOException {
        if (args.length < 6 || args.length > 7) {
            System.err.println("usage: EncodeThroughput CORPUS MODEL LIMIT MAX_TOKENS THREADS REPETITIONS [VECTORS]");
            System.exit(2);
        }
        List<String> texts = texts(Path.of(args[0]), Integer.parseInt(args[2]));
        EncoderOptions options = EncoderOptions.defaults()
                .withMaxTokens(Integer.parseInt(args[3]))
                .withThreads(Integer.parseInt(args[4]));
        long start = System.nanoTime();
        try (SparseEncoder encoder = SparseEncoders.open(Path.of(args[1]), options)) {
            System.out.printf(Locale.ROOT, "open %.0f ms%n", (System.nanoTime() - start) / 1e6);
            List<SparseVector> vectors = encode(encoder, texts.subList(0, Math.min(WINDOW, texts.size())));
            double[] rates = new double[Integer.parseInt(args[5])];
            for (int i = 0; i < rates.length; i++) {
                start = System.nanoTime();
                vectors = encode(encoder, texts);
                rates[i] = texts.size() / ((System.nanoTime() - start) / 1e9);
                System.out.printf(Locale.ROOT, "%.1f docs/s%n", rates[i]);
            }
            Arrays.sort(rates);
            System.out.printf(
                    Locale.ROOT,
                    "median %.1f docs/s over %d repetitions of %d texts, %.1f terms a text%n",
                    rates[rates.length / 2],
                    rates.length,
                    texts.size(),
                    vectors.stream().mapToInt(SparseVector::size).average().orElse(0));
            if (args.length == 7) {
                compare(vectors, Path.of(args[6]));
            }
        }
    }

    private static List<SparseVector> encode(SparseEncoder encoder, List<String> texts) {
        List<SparseVector> vectors = new ArrayList<>();
        for (int from = 0; from < texts.size(); from += WINDOW) {
            List<String> window = texts.subList(from, Math.min(from + WINDOW, texts.size()));
            vectors.addAll(encoder.encode(encoder.tokenize(window, TextRole.DOCUMENT), TextRole.DOCUMENT));
        }
        return vectors;
    }

    private static List<String> texts(Path corpus, int limit) throws IOException {
        List<String> texts = new ArrayList<>();
        try (InputStream file = Files.newInputStream(corpus);
                InputStream bytes = corpus.toString().endsWith(".gz") ? new GZIPInputStream(file) : file;
                BufferedReader lines = new BufferedReader(new InputStreamReader(bytes, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null && texts.size() < limit; line = lines.readLine()) {
                JsonNode document = new JsonMapper().readTree(line);
                String title = document.path("title").asText("");
                String text = document.path("text").asText();
                texts.add(title.isEmpty() ? text : title + " " + text);
            }
        }
        return texts;
    }

    /** Largest difference of any term's weight from the peer's, over the first vectors. */
    private static void compare(List<SparseVector> vectors, Path peer) throws IOException {
        double largest = 0;
        int compared = 0;
        List<String> lines = Files.readAllLines(peer);
        for (int i = 0; i < Math.min(MAX_VECTORS_COMPARED, vectors.size()); i++) {
            JsonNode row = new JsonMapper().readTree(lines.get(i));
            int size = row.path("ids").size();
            int[] ids = new int[size];
            float[] weights = new float[size];
            for (int term = 0; term < size; term++) {
                ids[term] = row.path("ids").path(term).asInt();
                weights[term] = row.path("weights").path(term).floatValue();
            }
            SparseVector theirs = new SparseVector(ids, weights);
            SparseVector ours = vectors.get(i);
            for (int id : ids) {
                largest = Math.max(largest, Math.abs(theirs.weight(id) - ours.weight(id)));
            }
            for (int id : ours.ids()) {
                largest = Math.max(largest, Math.abs(theirs.weight(id) - ours.weight(id)));
            }
            compared++;
        }
        System.out.printf(
                Locale.ROOT, "largest difference from the peer's weights over %d texts: %.2e%n", compared, largest);
    }
}
