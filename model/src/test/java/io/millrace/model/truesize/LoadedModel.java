package io.millrace.model.truesize;

import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.Precision;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The second JVM of a {@link TrueSizeRun}: {@code engine} loads the engine and no model, {@code DIRECTORY PRECISION TEXTS
 * TERMS} opens a checkpoint and encodes texts of 128 tokens. Ends with a line of {@code name=value}.
 */
final class LoadedModel {
    /** Length of a text. */
    static final int TOKENS = 128;

    private LoadedModel() {}

    public static void main(String[] args) throws IOException {
        try (HostMemory memory = HostMemory.watched()) {
            String timings = args[0].equals("engine")
                    ? engine()
                    : model(
                            Path.of(args[0]),
                            Precision.of(args[1]),
                            Integer.parseInt(args[2]),
                            Integer.parseInt(args[3]));
            System.out.printf(
                    "%s resident=%d anonymous=%d%n",
                    timings, HostMemory.peakResidentBytes(), memory.peakAnonymousBytes());
        }
    }

    private static String engine() {
        PyTorchRuntime.start();
        PyTorchRuntime.prepareThread();
        KernelLibrary.load().orElseThrow().close();
        return "";
    }

    private static String model(Path directory, Precision precision, int texts, int terms) throws IOException {
        long start = System.nanoTime();
        EncoderOptions options = EncoderOptions.defaults().withThreads(2).withPrecision(precision);
        try (SparseEncoder encoder = SparseEncoders.open(directory, options)) {
            double open = seconds(start);
            long held = HostMemory.anonymousBytes();
            List<TokenizedText> tokens = encoder.tokenize(texts(texts, terms), TextRole.DOCUMENT);
            List<SparseVector> first = encoder.encode(tokens.subList(0, 1), TextRole.DOCUMENT);
            double firstVector = seconds(start);
            long begin = System.nanoTime();
            List<SparseVector> vectors = encoder.encode(tokens, TextRole.DOCUMENT);
            double rate = texts / seconds(begin);
            check(vectors, first.getFirst());
            return "open=%.2f first=%.2f rate=%.3f held=%d nonzeros=%d"
                    .formatted(
                            open,
                            firstVector,
                            rate,
                            held,
                            vectors.stream().mapToInt(SparseVector::size).sum() / texts);
        }
    }

    /** Random weights say nothing of what a vector should be, but it must be one, and the same in company. */
    private static void check(List<SparseVector> vectors, SparseVector alone) {
        for (SparseVector vector : vectors) {
            if (vector.size() == 0) {
                throw new IllegalStateException("a text has no terms");
            }
        }
        float largest = 0;
        for (int id : alone.ids()) {
            largest = Math.max(
                    largest, Math.abs(alone.weight(id) - vectors.getFirst().weight(id)));
        }
        System.out.printf("a text's weights alone and in company differ by up to %.1e%n", largest);
    }

    private static List<String> texts(int count, int terms) {
        SplittableRandom random = new SplittableRandom(7);
        return IntStream.range(0, count)
                .mapToObj(text -> IntStream.range(0, TOKENS)
                        .mapToObj(word -> "w" + random.nextInt(10, terms))
                        .collect(Collectors.joining(" ")))
                .toList();
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }
}
