package io.millrace.trainer.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.InvalidModelException;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.lexical.LexicalFolder;
import io.millrace.service.registry.ManifestRules;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What of a folder is published: the files that decide vectors, the contract, and small texts beside them or in the folders that
 * {@code modules.json} names (cards, licences, settings of tokenizers and of sentence-transformers). Everything else (states of
 * optimisers, earlier checkpoints, other forms of the weights) stays.
 *
 * @param contractJson how texts become vectors
 * @param files to publish, by path
 * @param left paths that stay
 */
record ModelFolder(String contractJson, List<LocalFile> files, List<String> left) {
    private static final long MAX_COMPANION_BYTES = 64 << 20;
    private static final int MAX_DEPTH = 4;

    /**
     * Reads a folder and hashes what is to be published.
     *
     * @throws InvalidModelException if it holds no model, or a damaged one
     * @throws IOException if a file cannot be read
     */
    static ModelFolder read(Path folder) throws IOException {
        TreeSet<String> needed = new TreeSet<>();
        String contract;
        if (LexicalFolder.is(folder)) {
            contract = Files.readString(folder.resolve(LexicalFolder.MANIFEST));
            needed.addAll(LexicalFolder.FILES);
        } else {
            Checkpoint checkpoint = Checkpoint.open(folder);
            contract = checkpoint.contract().toString();
            needed.addAll(checkpoint.contract().digests().keySet());
            if (Files.exists(folder.resolve(Checkpoint.CONTRACT))) {
                needed.add(Checkpoint.CONTRACT);
            }
        }
        Set<String> places = places(folder, needed);
        TreeSet<String> left = new TreeSet<>();
        for (String path : paths(folder)) {
            if (places.contains(place(path))
                    && companion(folder.resolve(path))
                    && ManifestRules.pathProblem(path).isEmpty()) {
                needed.add(path);
            } else if (!needed.contains(path)) {
                left.add(path);
            }
        }
        List<LocalFile> files = new ArrayList<>();
        for (String path : needed) {
            Optional<String> problem = ManifestRules.pathProblem(path);
            if (problem.isPresent()) {
                throw new InvalidModelException(
                        folder + " needs a file that cannot be published: its path " + problem.get());
            }
            files.add(LocalFile.of(folder, path));
        }
        if (!LexicalFolder.is(folder) && !needed.contains(Checkpoint.CONTRACT)) {
            // Derived by this version: another one might derive another.
            files.add(LocalFile.of(Checkpoint.CONTRACT, contract.getBytes(StandardCharsets.UTF_8)));
        }
        return new ModelFolder(contract, files, List.copyOf(left));
    }

    /** Text of the folder's licence; empty if there is none. */
    static String license(Path folder) throws IOException {
        for (String name : List.of("LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE")) {
            if (Files.isRegularFile(folder.resolve(name))) {
                return Files.readString(folder.resolve(name));
            }
        }
        return "";
    }

    /** Folders that belong to the model; the empty one is its own. */
    private static Set<String> places(Path folder, Set<String> needed) throws IOException {
        Set<String> places = new HashSet<>(List.of(""));
        needed.forEach(path -> places.add(place(path)));
        Path modules = folder.resolve("modules.json");
        if (Files.isRegularFile(modules)) {
            for (JsonNode module : new JsonMapper().readTree(Files.readString(modules))) {
                places.add(module.path("path").asText());
            }
        }
        return places;
    }

    private static String place(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    private static List<String> paths(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder, MAX_DEPTH)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString().replace('\\', '/'))
                    .toList();
        }
    }

    private static boolean companion(Path file) throws IOException {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        boolean text = name.endsWith(".json")
                || name.endsWith(".txt")
                || name.endsWith(".md")
                || name.endsWith(".model")
                || name.startsWith("license")
                || name.startsWith("notice");
        return text && Files.size(file) <= MAX_COMPANION_BYTES;
    }
}
