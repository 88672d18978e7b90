package io.millrace.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The recipes that come with the trainer. */
class PublishedRecipesTest {
    private static final Path FOLDER = Path.of("recipes");
    private static final Pattern DATA = Pattern.compile("\\$\\{(?:MSMARCO|MILLRACE_TINY)}/([\\w.+-]+)");

    @TempDir
    private Path marco;

    static List<Path> recipes() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    private Optional<String> environment(String name) {
        return Optional.ofNullable(Map.of(
                        "MSMARCO",
                        marco.toString(),
                        "MSMARCO_DEV",
                        "dev",
                        "MODELS",
                        "models",
                        "MILLRACE_TINY",
                        marco.toString())
                .get(name));
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void isUnderstood(Path file) throws IOException {
        Matcher names = DATA.matcher(Files.readString(file));
        while (names.find()) {
            Files.writeString(marco.resolve(names.group(1)), "");
        }
        List<RecipeSource> sources = RecipeSource.read(file);

        for (RecipeSource source : sources) {
            RecipeSource contracted =
                    source.text("preset").isPresent() ? source.with("preset", "contract", "c.json") : source;
            Recipe recipe = Recipe.parse(contracted, this::environment);
            assertThat(recipe.name())
                    .startsWith(String.valueOf(file.getFileName()).replace(".yaml", ""));
        }
        assertThat(sources.getFirst().followsPrevious()).isFalse();
    }

    @Test
    void aVariableThatIsNotSetIsNamed() throws IOException {
        RecipeSource source =
                RecipeSource.read(FOLDER.resolve("splade-max.yaml")).getFirst();

        assertThatThrownBy(() -> Recipe.parse(source, name -> Optional.empty()))
                .isInstanceOf(InvalidRecipeException.class)
                .hasMessageContaining("the environment has no MODELS; set it");
    }
}
