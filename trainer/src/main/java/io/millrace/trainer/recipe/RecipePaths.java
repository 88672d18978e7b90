package io.millrace.trainer.recipe;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the paths in a recipe mean, and which of them may be read.
 *
 * @param folder that they are relative to
 * @param variables what {@code ${NAME}} in them stands for, such as where data lie; empty if there is no such thing
 * @param readable where they may lead; empty for everywhere
 */
public record RecipePaths(
        Path folder, Function<String, Optional<String>> variables, Optional<ReadableFolders> readable) {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)}");

    /** Paths of a recipe on this machine, with this process's environment. */
    public static RecipePaths local(Path folder) {
        return new RecipePaths(
                folder,
                name -> Optional.ofNullable(System.getenv(name)).filter(value -> !value.isBlank()),
                Optional.empty());
    }

    /** The same with other variables. */
    RecipePaths with(Function<String, Optional<String>> others) {
        return new RecipePaths(folder, others, readable);
    }

    /** The same, with a further folder that may be read, where not everything may. */
    public RecipePaths reading(Path more) {
        return new RecipePaths(folder, variables, readable.map(folders -> folders.with(more)));
    }

    /**
     * The path that a text means.
     *
     * @throws InvalidRecipeException if there is no such variable, it is no path, or it leads where nothing may be read
     */
    public Path resolve(String text) {
        Matcher names = VARIABLE.matcher(text);
        String resolved = names.replaceAll(found -> Matcher.quoteReplacement(value(text, found.group(1))));
        try {
            return permitted(folder.resolve(resolved).normalize());
        } catch (InvalidPathException e) {
            throw new InvalidRecipeException("the recipe names a path that is none: " + e.getReason(), e);
        }
    }

    private String value(String text, String name) {
        return variables
                .apply(name)
                .orElseThrow(() -> new InvalidRecipeException(
                        readable.isPresent()
                                ? "the recipe names " + text + ", but the trainer has no folder " + name + "; it reads "
                                        + readable.get()
                                : "the recipe names " + text + ", but the environment has no " + name
                                        + "; set it, as in " + name + "=/data millrace train …"));
    }

    /** The same path, if it may be read. */
    Path permitted(Path path) {
        readable.ifPresent(folders -> folders.check(path));
        return path;
    }
}
