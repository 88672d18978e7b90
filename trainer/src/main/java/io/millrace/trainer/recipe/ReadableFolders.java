package io.millrace.trainer.recipe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Folders that recipes from others may read, and nothing outside: neither by {@code ..}, nor through links.
 *
 * @param named by name, for {@code ${NAME}} in recipes
 * @param others further ones
 */
public record ReadableFolders(Map<String, Path> named, List<Path> others) {
    /** Makes the paths absolute. */
    public ReadableFolders {
        Map<String, Path> absolute = new TreeMap<>();
        named.forEach((name, path) -> absolute.put(name, plain(path)));
        named = Map.copyOf(absolute);
        others = others.stream().map(ReadableFolders::plain).toList();
    }

    private static Path plain(Path path) {
        return path.toAbsolutePath().normalize();
    }

    ReadableFolders with(Path more) {
        List<Path> all = new ArrayList<>(others);
        all.add(more);
        return new ReadableFolders(named, all);
    }

    /** What {@code ${NAME}} stands for. */
    public Optional<String> variable(String name) {
        return Optional.ofNullable(named.get(name)).map(Path::toString);
    }

    /** @throws InvalidRecipeException if a path leads out of the folders */
    void check(Path path) {
        // Without a look at the disk first, so that a refusal does not tell what is there.
        if (!within(plain(path), false) || !within(real(plain(path)), true)) {
            throw new InvalidRecipeException("the recipe names " + path
                    + ", which is outside of the folders that this trainer reads: " + this
                    + "; put the file there, or start the trainer with another --roots");
        }
    }

    private boolean within(Path path, boolean links) {
        List<Path> all = new ArrayList<>(named.values());
        all.addAll(others);
        return all.stream().map(folder -> links ? real(folder) : folder).anyMatch(path::startsWith);
    }

    /** Where a path leads when all links in what there is of it are followed. */
    private static Path real(Path path) {
        Path there = path;
        for (Path parent = there.getParent(); parent != null && !Files.exists(there); parent = there.getParent()) {
            there = parent;
        }
        try {
            return there.toRealPath().resolve(there.relativize(path)).normalize();
        } catch (IOException e) {
            throw new InvalidRecipeException("the recipe names " + path + ", which cannot be looked at: " + e, e);
        }
    }

    @Override
    public String toString() {
        return named.entrySet().stream()
                        .map(folder -> "${" + folder.getKey() + "} (" + folder.getValue() + ")")
                        .sorted()
                        .collect(Collectors.joining(", "))
                + (named.isEmpty() || others.isEmpty() ? "" : ", ")
                + others.stream().map(Path::toString).collect(Collectors.joining(", "));
    }
}
