package io.millrace.model.truesize;

import com.sun.management.OperatingSystemMXBean;
import io.millrace.model.EncoderOptions;
import io.millrace.model.architecture.ModelListing;
import io.millrace.model.contract.TextContract;
import io.millrace.model.engine.Precision;
import io.millrace.model.generation.OpenedModel;
import io.millrace.model.generation.Sampling;
import io.millrace.model.generation.TextGenerator;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Writes random weights of a named size to a temporary folder, has them write, and prints tokens per second of processor time on
 * one thread: {@code NAME PRECISION TEXTS TEXT_TOKENS SEQUENCES TOKENS [reread]}, such as {@code t5-base fp32 1 64 10 32}. With
 * {@code reread}, a model without an encoder also writes the same by reading the whole text again for each token.
 */
final class WritingRun {
    private static final double NANOS = 1e9;

    private WritingRun() {}

    public static void main(String[] args) throws IOException {
        if (args.length < 6) {
            throw new IllegalArgumentException("give NAME PRECISION TEXTS TEXT_TOKENS SEQUENCES TOKENS [reread],"
                    + " with a name of " + ModelListing.names());
        }
        Path directory = Files.createTempDirectory("writing-run-");
        try {
            int terms = RandomCheckpoint.write(args[0], TensorType.F32, directory);
            int textTokens = Integer.parseInt(args[3]);
            int tokens = Integer.parseInt(args[5]);
            List<int[]> texts = texts(Integer.parseInt(args[2]), textTokens, terms);
            Sampling sampling = new Sampling(10, tokens, 1);
            List<Sampling> samplings = IntStream.range(0, Integer.parseInt(args[4]))
                    .mapToObj(sampling::withSeed)
                    .toList();
            System.out.printf("%s, %d texts of %d tokens:%n", args[0], texts.size(), textTokens);
            write(directory, Precision.of(args[1]), texts, samplings);
            if (args.length > 6) {
                reread(directory, texts, samplings);
            }
        } finally {
            RandomCheckpoint.remove(directory);
        }
    }

    private static void write(Path directory, Precision precision, List<int[]> texts, List<Sampling> samplings)
            throws IOException {
        EncoderOptions options = EncoderOptions.defaults().withThreads(1).withPrecision(precision);
        int longest = Math.max(texts.getFirst().length, samplings.getFirst().maxTokens());
        List<String> words = texts.stream()
                .map(text -> IntStream.of(text).mapToObj(term -> "w" + term).collect(Collectors.joining(" ")))
                .toList();
        try (TextGenerator generator = TextGenerator.open(directory, TextContract.cutAt(longest), options)) {
            generator.generate(words, Sampling.greedy(2));
            measured(
                    "keys and values kept",
                    () -> generator.generate(words, samplings).stream()
                            .flatMap(List::stream)
                            .mapToLong(written -> written.split(" ", -1).length)
                            .sum());
        }
    }

    private static void reread(Path directory, List<int[]> texts, List<Sampling> samplings) throws IOException {
        int positions = texts.getFirst().length + samplings.getFirst().maxTokens();
        try (OpenedModel opened = new OpenedModel(directory, positions)) {
            opened.call(() -> opened.rereading().write(texts, Sampling.greedy(2)));
            measured(
                    "all read again",
                    () -> samplings.stream()
                            .mapToLong(sampling -> opened
                                    .call(() -> opened.rereading().write(texts, sampling))
                                    .stream()
                                    .mapToLong(written -> written.length)
                                    .sum())
                            .sum());
        }
    }

    /** Prints how fast tokens, which are counted, are written. */
    private static void measured(String how, Supplier<Long> tokens) {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long wall = System.nanoTime();
        long before = system.getProcessCpuTime();
        long count = tokens.get();
        double seconds = (system.getProcessCpuTime() - before) / NANOS;
        System.out.printf(
                Locale.ROOT,
                "%s: %d tokens, %.1f per CPU-second, %.1f per second%n",
                how,
                count,
                count / seconds,
                count / ((System.nanoTime() - wall) / NANOS));
    }

    private static List<int[]> texts(int count, int tokens, int terms) {
        SplittableRandom random = new SplittableRandom(7);
        return IntStream.range(0, count)
                .mapToObj(text -> random.ints(tokens, 10, terms).toArray())
                .toList();
    }
}
