package io.millrace.deploy.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.deploy.TinyModels;
import io.millrace.model.TextRole;
import io.millrace.model.learning.Draw;
import io.millrace.model.learning.Encoding;
import io.millrace.model.learning.LearningModel;
import io.millrace.model.learning.LearningOptions;
import io.millrace.model.learning.Optimizer;
import io.millrace.model.learning.Remember;
import io.millrace.trainer.recipe.Recipe;
import io.millrace.trainer.recipe.RecipeSource;
import io.millrace.trainer.recipe.Task;
import io.millrace.trainer.run.TrainingPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every recipe that comes with the trainer, over tiny weights of its family: they are read as it says, and take a step. */
class PublishedRecipesLearnTest {
    private static final Path FOLDER = Path.of("../trainer/recipes");
    private static final Pattern DATA = Pattern.compile("\\$\\{(?:MSMARCO|MILLRACE_TINY)}/([\\w.+-]+)");
    private static final Pattern MODEL = Pattern.compile("\\$\\{MODELS}/([\\w.-]+)");
    private static final Pattern TOKENS = Pattern.compile("(query|document|sequence)-tokens: \\d+");

    /** Recorded tiny models by the beginning of published ones' names. */
    private static final Map<String, String> TINY = Map.of(
            "bert", "bert-heads", "distilbert", "distilbert", "flan", "flan", "llama", "llama", "opt", "opt-tail");

    @TempDir
    private Path temporary;

    static List<Path> recipes() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void takesAStepOnTinyWeights(Path file) throws IOException {
        Path base = temporary;
        for (RecipeSource source : RecipeSource.read(shrunk(file))) {
            RecipeSource begun = source.followsPrevious() ? source.withBase(base) : source;
            Path run = Files.createDirectories(temporary.resolve("run"));
            Recipe recipe = Recipe.parse(TrainingPlan.contracted(begun, run, TrainCommand.presets()));
            LearningOptions options = recipe.learning().options();
            try (LearningModel model = LearningModel.open(recipe.checkpoint(), options);
                    Optimizer optimizer = new Optimizer(model, recipe.learning().optimizer())) {
                assertThat(learn(model, recipe.task()))
                        .as("weights of %s", recipe.name())
                        .isPositive();
                assertThat(optimizer.step(1e-4))
                        .as("gradient of %s", recipe.name())
                        .isFinite()
                        .isPositive();
            }
            base = recipe.base();
        }
    }

    /** Goes forth and back once; the number of weights that came out, or of tokens that were predicted. */
    private static long learn(LearningModel model, Task task) {
        List<String> texts = List.of("w5 w7 w9 w11 w7", "w20 w21 w22", "w30 w31 w32 w33 w34 w35 w36");
        Optional<Draw> draw = Optional.of(new Draw(1, 1));
        return switch (task) {
            case Task.Ranking _ -> {
                long weights = 0;
                for (TextRole role : TextRole.values()) {
                    try (Encoding encoding = model.encode(model.tokenize(texts, role), role, draw, Remember.VECTORS)) {
                        float[] slopes = new float[encoding.vectors().weights().length];
                        Arrays.fill(slopes, 1);
                        encoding.backward(slopes);
                        weights += slopes.length;
                    }
                }
                yield weights;
            }
            case Task.Adaptation adaptation ->
                model.learnLanguage(model.tokenize(texts, TextRole.DOCUMENT), adaptation.weights(), draw, 1)
                        .tokens();
        };
    }

    /** A copy of a recipe, of short texts, over tiny weights and data that are named and never read. */
    private Path shrunk(Path file) throws IOException {
        String text = Files.readString(file);
        Matcher data = DATA.matcher(text);
        while (data.find()) {
            Files.writeString(temporary.resolve(data.group(1)), "");
        }
        Matcher models = MODEL.matcher(text);
        while (models.find()) {
            TinyModels.copy(tiny(models.group(1)), temporary.resolve(models.group(1)), List.of(0, 1, 2, 3));
        }
        String shrunk = TOKENS.matcher(text)
                .replaceAll((MatchResult found) -> found.group(1) + "-tokens: 16")
                .replace("${MODELS}", temporary.toString())
                .replace("${MSMARCO}", temporary.toString())
                .replace("${MSMARCO_DEV}", temporary.toString())
                .replace("${MILLRACE_TINY}", temporary.toString())
                .replace(
                        "../../models",
                        Path.of("../models").toAbsolutePath().normalize().toString());
        return Files.writeString(temporary.resolve("recipe.yaml"), shrunk);
    }

    /** The recorded tiny model of a published one's family. */
    private static String tiny(String published) {
        return TINY.entrySet().stream()
                .filter(family -> published.startsWith(family.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no tiny model like " + published));
    }
}
