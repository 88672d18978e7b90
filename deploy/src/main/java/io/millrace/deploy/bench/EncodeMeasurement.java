package io.millrace.deploy.bench;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.deploy.cli.Logging;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.model.device.DeviceChoice;
import io.millrace.model.engine.Precision;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The measured process: opens one checkpoint, encodes one text, then all documents some times, then the queries, and prints
 * one JSON object.
 */
final class EncodeMeasurement {
    /** Texts handed over at once: what an encoder worker's bulk window holds. */
    private static final int WINDOW = 256;

    private EncodeMeasurement() {}

    /** {@code MODEL DATA DOCUMENTS MAX_TOKENS THREADS REPETITIONS KERNELS PRECISION DEVICE QUERIES VECTORS [ADAPTER]...}. */
    public static void main(String[] arguments) throws Exception {
        Logging.warnings();
        try {
            Map<String, Object> figures = measure(arguments);
            System.out.println(new JsonMapper().writeValueAsString(figures));
        } catch (InvalidModelException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    private static Map<String, Object> measure(String[] arguments) throws Exception {
        Path model = Path.of(arguments[0]);
        int maxTokens = Integer.parseInt(arguments[3]);
        EncoderOptions options = EncoderOptions.defaults()
                .withThreads(Integer.parseInt(arguments[4]))
                .withKernels(EncoderOptions.Kernels.valueOf(arguments[6]))
                .withPrecision(Precision.valueOf(arguments[7]))
                .withDevice(DeviceChoice.of(arguments[8]))
                .withAdapters(Arrays.stream(arguments).skip(11).map(Path::of).toList());
        if (maxTokens > 0) {
            options = options.withMaxTokens(maxTokens);
        }
        PyTorchRuntime.start();
        long engineBytes = memory("VmRSS");
        Map<String, Object> figures = new LinkedHashMap<>();
        try (SparseEncoder encoder = SparseEncoders.open(model, options)) {
            encode(encoder, List.of("the first text"), TextRole.DOCUMENT);
            long started = ManagementFactory.getRuntimeMXBean().getStartTime();
            figures.put("firstVectorMillis", System.currentTimeMillis() - started);
            List<String> texts = new BeirFolder(Path.of(arguments[1])).contents(Integer.parseInt(arguments[2]));
            int repetitions = Integer.parseInt(arguments[5]);
            List<SparseVector> vectors =
                    encode(encoder, texts.subList(0, Math.min(WINDOW, texts.size())), TextRole.DOCUMENT);
            double[] rates = new double[repetitions];
            Duration before = processorTime();
            for (int i = 0; i < repetitions; i++) {
                long start = System.nanoTime();
                vectors = encode(encoder, texts, TextRole.DOCUMENT);
                rates[i] = texts.size() / ((System.nanoTime() - start) / 1e9);
            }
            Duration used = processorTime().minus(before);
            Arrays.sort(rates);
            figures.put("documents", texts.size());
            figures.put("documentsPerSecond", rounded(rates[rates.length / 2], 1));
            figures.put(
                    "processorMillisPerDocument",
                    rounded(used.toNanos() / 1e6 / repetitions / Math.max(1, texts.size()), 3));
            long peak = memory("VmHWM");
            figures.put("peakMegabytesOverEngine", peak < 0 ? -1 : (peak - engineBytes) >> 20);
            figures.put("termsPerDocument", rounded(terms(vectors), 1));
            encoder.screening(TextRole.DOCUMENT).ifPresent(report -> {
                figures.put("screening", report.phase().name().toLowerCase(Locale.ROOT));
                figures.put("screeningAxes", report.axes());
                figures.put("survivorsPerDocument", rounded(report.survivorsPerText(), 1));
                figures.put("computedInFull", rounded(1 - report.shareScreened(), 4));
            });
            List<String> queries = new JsonMapper()
                    .readValue(Files.readAllBytes(Path.of(arguments[9])), new TypeReference<List<String>>() {});
            List<SparseVector> asked = encode(encoder, queries, TextRole.QUERY);
            figures.put("termsPerQuery", rounded(terms(asked), 1));
            figures.put("device", encoder.device());
            EncodedTexts.write(Path.of(arguments[10]), vectors, asked);
        }
        return figures;
    }

    private static double terms(List<SparseVector> vectors) {
        return vectors.stream().mapToInt(SparseVector::size).average().orElse(0);
    }

    /** One window is tokenised while the one before is in inference. */
    private static List<SparseVector> encode(SparseEncoder encoder, List<String> texts, TextRole role)
            throws Exception {
        List<SparseVector> vectors = new ArrayList<>();
        try (ExecutorService tokenizer = Executors.newSingleThreadExecutor()) {
            Future<List<TokenizedText>> next = tokenizer.submit(() -> encoder.tokenize(window(texts, 0), role));
            for (int from = 0; from < texts.size(); from += WINDOW) {
                List<TokenizedText> tokens = next.get();
                int following = from + WINDOW;
                next = tokenizer.submit(() -> encoder.tokenize(window(texts, following), role));
                vectors.addAll(encoder.encode(tokens, role));
            }
            next.get();
        }
        return vectors;
    }

    private static List<String> window(List<String> texts, int from) {
        return texts.subList(Math.min(from, texts.size()), Math.min(from + WINDOW, texts.size()));
    }

    private static Duration processorTime() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** A line of /proc/self/status in bytes; -1 on systems without it. */
    private static long memory(String line) throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            return -1;
        }
        return Files.readAllLines(status).stream()
                .filter(text -> text.startsWith(line + ":"))
                .mapToLong(text -> Long.parseLong(text.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElse(-1);
    }

    private static double rounded(double value, int digits) {
        return Double.parseDouble(String.format(Locale.ROOT, "%." + digits + "f", value));
    }
}
