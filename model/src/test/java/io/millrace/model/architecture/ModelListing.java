package io.millrace.model.architecture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What transformers lists for a model, see {@code src/test/python/tensor_listings.py}.
 *
 * @param parameters number of parameters, shared ones once
 * @param shapes of tensors by name; a shared one under each of its names
 * @param shared names of the same parameter, by the names that are left out of a checkpoint
 */
public record ModelListing(long parameters, Map<String, List<Long>> shapes, Map<String, String> shared) {
    /** Where configurations and listings lie. */
    public static final Path FOLDER = Path.of("src/test/resources/configs");

    private static final Pattern LAYERS = Pattern.compile("\\{(\\d+)-(\\d+)}");

    /** Names of all models, in order. */
    public static List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".json"))
                    .map(file -> file.substring(0, file.length() - ".json".length()))
                    .sorted()
                    .toList();
        }
    }

    /** The configuration of a model. */
    public static Path config(String model) {
        return FOLDER.resolve(model + ".json");
    }

    /** Reads the listing of a model. */
    public static ModelListing read(String model) throws IOException {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        Map<String, String> shared = new LinkedHashMap<>();
        List<String> lines = Files.readAllLines(FOLDER.resolve(model + ".tensors"));
        for (String line : lines.subList(1, lines.size())) {
            String[] words = line.split(" ");
            for (String name : expanded(words[0])) {
                if (words[1].equals("=")) {
                    shared.put(name, words[2]);
                } else {
                    List<Long> shape =
                            Arrays.stream(words).skip(1).map(Long::valueOf).toList();
                    if (shapes.put(name, shape) != null) {
                        throw new IllegalStateException(model + " lists " + name + " twice");
                    }
                }
            }
        }
        long parameters = Long.parseLong(lines.getFirst().substring("parameters ".length()));
        if (shapes.values().stream().mapToLong(ModelListing::elements).sum() != parameters) {
            throw new IllegalStateException(model + " does not add up to " + parameters + " parameters");
        }
        shared.forEach((name, other) -> shapes.put(name, List.copyOf(shapes.getOrDefault(other, List.of()))));
        return new ModelListing(parameters, shapes, shared);
    }

    private static long elements(List<Long> shape) {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }

    private static List<String> expanded(String pattern) {
        Matcher layers = LAYERS.matcher(pattern);
        if (!layers.find()) {
            return List.of(pattern);
        }
        return Stream.iterate(Integer.parseInt(layers.group(1)), number -> number + 1)
                .limit(Integer.parseInt(layers.group(2)) - Integer.parseInt(layers.group(1)) + 1)
                .map(number -> pattern.substring(0, layers.start()) + number + pattern.substring(layers.end()))
                .toList();
    }
}
