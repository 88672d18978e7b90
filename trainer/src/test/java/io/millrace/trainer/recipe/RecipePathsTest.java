package io.millrace.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where paths of recipes from others may lead. */
class RecipePathsTest {
    @TempDir
    private Path folder;

    private RecipePaths paths;

    @BeforeEach
    void makeFolders() throws IOException {
        Files.createDirectories(folder.resolve("root/a/b"));
        Files.createDirectories(folder.resolve("root-of-others"));
        Files.createDirectories(folder.resolve("models"));
        Files.createSymbolicLink(folder.resolve("root/out"), folder.resolve("root-of-others"));
        Files.createSymbolicLink(folder.resolve("root/in"), folder.resolve("root/a"));
        ReadableFolders readable =
                new ReadableFolders(Map.of("MODELS", folder.resolve("models")), List.of(folder.resolve("root")));
        paths = new RecipePaths(folder.resolve("root"), readable::variable, Optional.of(readable));
    }

    @Test
    void relativeNamedAndAbsolutePathsWithinAreTaken() {
        assertThat(paths.resolve("a/b/x.jsonl")).isEqualTo(folder.resolve("root/a/b/x.jsonl"));
        assertThat(paths.resolve("${MODELS}/tiny")).isEqualTo(folder.resolve("models/tiny"));
        assertThat(paths.resolve("${MODELS}/../models/tiny")).isEqualTo(folder.resolve("models/tiny"));
        assertThat(paths.resolve(folder.resolve("root/a").toString())).isEqualTo(folder.resolve("root/a"));
        assertThat(paths.resolve("in/b")).isEqualTo(folder.resolve("root/in/b"));
        assertThat(paths.resolve(".")).isEqualTo(folder.resolve("root"));
    }

    @Test
    void everythingElseIsRefusedWithoutSayingWhetherItIsThere() {
        for (String path : List.of(
                "..",
                "../root-of-others",
                "../root-of-others/missing",
                "${MODELS}/../root-of-others",
                "/etc/passwd",
                "/no/such/file",
                "out",
                "out/x",
                "a/../out/x")) {
            assertThatThrownBy(() -> paths.resolve(path))
                    .as(path)
                    .isInstanceOf(InvalidRecipeException.class)
                    .hasMessageContaining("outside of the folders")
                    .hasMessageContaining("${MODELS}");
        }
        assertThatThrownBy(() -> paths.resolve("${PATH}/x"))
                .isInstanceOf(InvalidRecipeException.class)
                .hasMessageContaining("no folder PATH");
        assertThatThrownBy(() -> paths.resolve("a\0b")).isInstanceOf(InvalidRecipeException.class);
    }

    @Test
    void noPathLeadsOut() throws Exception {
        SplittableRandom random = new SplittableRandom(11);
        List<String> names =
                List.of("..", ".", "a", "b", "in", "out", "root", "root-of-others", "models", "${MODELS}", "/");
        Path root = folder.resolve("root").toRealPath();
        Path models = folder.resolve("models").toRealPath();
        int taken = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder path = new StringBuilder(names.get(random.nextInt(names.size())));
            for (int n = random.nextInt(6); n > 0; n--) {
                path.append('/').append(names.get(random.nextInt(names.size())));
            }
            Path resolved;
            try {
                resolved = paths.resolve(path.toString());
            } catch (InvalidRecipeException refused) {
                continue;
            }
            taken++;
            if (Files.exists(resolved)) {
                Path real = resolved.toRealPath();
                assertThat(real.startsWith(root) || real.startsWith(models))
                        .as("%s", path)
                        .isTrue();
            }
        }
        assertThat(taken).isBetween(1000, 19_000);
    }
}
