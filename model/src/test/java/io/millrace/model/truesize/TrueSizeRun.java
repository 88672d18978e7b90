package io.millrace.model.truesize;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.architecture.ModelListing;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import io.millrace.model.safetensors.CheckpointShards;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Writes random weights of a named size to a temporary folder, opens them in a fresh JVM, encodes, prints one line of a table
 * and removes the folder: {@code NAME TYPE PRECISION TEXTS [FOLDER]}, such as {@code llama-3.2-1b bf16 bf16 8}. See
 * {@code CONTRIBUTING.md} for the whole command.
 */
final class TrueSizeRun {
    /** Small enough that every size has several shards. */
    private static final long SHARD_BYTES = 400L << 20;

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
            remove(directory);
        }
    }

    private static void run(String model, TensorType type, String precision, String texts, Path directory)
            throws IOException {
        long start = System.nanoTime();
        int terms = write(model, type, directory);
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

    /** Number of terms. */
    private static int write(String model, TensorType type, Path directory) throws IOException {
        ModelListing listing = ModelListing.read(model);
        Map<String, List<Long>> shapes = new HashMap<>(listing.shapes());
        shapes.keySet().removeAll(listing.shared().keySet());
        Files.copy(ModelListing.config(model), directory.resolve("config.json"));
        Architecture architecture = Architectures.read(ModelListing.config(model));
        int terms = architecture.vocabularySize();
        Files.write(directory.resolve("tokenizer.json"), tokenizer(terms));
        ReadingMode reading = architecture.readings().getFirst();
        RoleContract role = new RoleContract(
                TextContract.cutAt(LoadedModel.TOKENS),
                ReadingContract.of(reading, SpecialTokenPolicy.KEEP),
                new HeadContract.Mlm(
                        Pooling.MAX,
                        Saturation.LOG1P,
                        sparse(architecture.backbone(reading).reader().outputWidth()),
                        terms),
                PruningContract.NONE);
        Files.writeString(
                directory.resolve("millrace.json"),
                new EncodingContract(model, role, role, new TreeMap<>()).toString());
        CheckpointShards.write(directory, new RandomTensors(shapes), type, SHARD_BYTES);
        return terms;
    }

    /**
     * Untrained logits are positive for half of all terms. Normed states have length √H, so a logit's deviation is 0.02 √H, and
     * three of them less leave some hundred terms.
     */
    private static LogitAffine sparse(int width) {
        return new LogitAffine(1, -3 * 0.02 * Math.sqrt((double) width));
    }

    /** One word a term. */
    private static byte[] tokenizer(int terms) throws IOException {
        ObjectNode root = new JsonMapper().createObjectNode().put("version", "1.0");
        root.putArray("added_tokens");
        root.putObject("pre_tokenizer").put("type", "WhitespaceSplit");
        ObjectNode model = root.putObject("model").put("type", "WordLevel").put("unk_token", "w0");
        ObjectNode vocabulary = model.putObject("vocab");
        for (int term = 0; term < terms; term++) {
            vocabulary.put("w" + term, term);
        }
        return new JsonMapper().writeValueAsBytes(root);
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

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
