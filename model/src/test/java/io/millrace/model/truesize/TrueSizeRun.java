package io.millrace.model.truesize;

import io.millrace.model.architecture.ModelListing;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Writes random weights of a named size to a temporary folder, opens them in a fresh JVM, encodes, prints one line of a table
 * and removes the folder: {@code NAME TYPE PRECISION TEXTS [FOLDER]}, such as {@code llama-3.2-1b bf16 bf16 8}. See
 * {@code CONTRIBUTING.md} for the whole command.
 */
final class TrueSizeRun {
    private static final double GB = 1e9;

    private TrueSizeRun() {}

    public static void main(String[] args) throws IOException {
        if (args.length < 4) {
            throw new IllegalArgumentException(
                    "give NAME TYPE PRECISION TEXTS [FOLDER], with a name of " + ModelListing.names());
        }
        Path root = args.length > 4 ? Path.of(args[4]) : Path.of(System.getProperty("java.io.tmpdir"));
        Path directory = Files.createTempDirectory(root, "true-size-");
        try {
            run(args[0], TensorType.valueOf(args[1].toUpperCase(Locale.ROOT)), args[2], args[3], directory);
        } finally {
            RandomCheckpoint.remove(directory);
        }
    }

    private static void run(String model, TensorType type, String precision, String texts, Path directory)
            throws IOException {
        long start = System.nanoTime();
        int terms = RandomCheckpoint.write(model, type, directory);
        long weights = bytes(directory);
        System.out.printf(Locale.ROOT, "wrote %.2f GB in %.0f s%n", weights / GB, (System.nanoTime() - start) / 1e9);
        Map<String, Double> engine = child("engine");
        Map<String, Double> loaded = child(directory.toString(), precision, texts, Integer.toString(terms));
        double resident = loaded.getOrDefault("resident", Double.NaN) - engine.getOrDefault("resident", Double.NaN);
        double anonymous = loaded.getOrDefault("anonymous", Double.NaN) - engine.getOrDefault("anonymous", Double.NaN);
        System.out.printf(
                Locale.ROOT,
                "| %s | %s | %s | %.2f | %.1f | %.1f | %.2f | %.2f (%.2f×) | %.2f (%.2f×) | %.0f |%n",
                model,
                type,
                precision,
                weights / GB,
                loaded.getOrDefault("open", Double.NaN),
                loaded.getOrDefault("first", Double.NaN),
                loaded.getOrDefault("rate", Double.NaN),
                resident / GB,
                resident / weights,
                anonymous / GB,
                anonymous / weights,
                loaded.getOrDefault("nonzeros", Double.NaN));
    }

    private static long bytes(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".safetensors"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    private static Map<String, Double> child(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> flag.startsWith("-X") || flag.startsWith("-D") || flag.startsWith("--"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), LoadedModel.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String last = "";
        try (Stream<String> lines = process.inputReader(StandardCharsets.UTF_8).lines()) {
            for (String line : lines.toList()) {
                System.out.println("  " + line);
                last = line.contains("resident=") ? line : last;
            }
        }
        Map<String, Double> values = new HashMap<>();
        for (String word : last.trim().split(" ", -1)) {
            String[] parts = word.split("=", 2);
            if (parts.length == 2) {
                values.put(parts[0], Double.valueOf(parts[1]));
            }
        }
        if (values.isEmpty()) {
            throw new IllegalStateException("the second JVM failed; see its lines above");
        }
        return values;
    }
}
