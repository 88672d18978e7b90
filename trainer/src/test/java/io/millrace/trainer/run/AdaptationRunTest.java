package io.millrace.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.trainer.recipe.RecipeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adaptation of a tiny decoder to a language of a few words. */
class AdaptationRunTest {
    @TempDir
    private Path temporary;

    private Path recipe;

    @BeforeEach
    void writeRecipe() throws IOException {
        Path model = TinyDecoder.write(temporary.resolve("decoder"), 1);
        StringBuilder passages = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            passages.append("p%d\tw%d w%d w%d w%d w%d%n"
                    .formatted(i, i % 8 + 4, i % 8 + 12, i % 8 + 20, i % 8 + 28, i % 8 + 36));
        }
        Files.writeString(temporary.resolve("passages.tsv"), passages);
        recipe = temporary.resolve("recipe.yaml");
        Files.writeString(recipe, """
                name: adapted
                base: %s
                task: adaptation
                steps: 30
                batch: {queries: 4}
                optimizer: {rate: 3e-3, schedule: cosine, warmup-steps: 3}
                adaptation: {passages: passages.tsv, sequence-tokens: 24}
                keep: {every: 10, report: 1}
                """.formatted(model));
    }

    private List<StepReport> run(Path folder) throws IOException, InterruptedException {
        List<StepReport> steps = new ArrayList<>();
        TrainingRun.open(RecipeSource.read(recipe).getFirst(), folder, 2)
                .run(new RunControl(), event -> steps.add((StepReport) event));
        return steps;
    }

    @Test
    void learnsToPredictByRectifiedLogitsToo() throws Exception {
        List<StepReport> steps = run(temporary.resolve("run"));

        assertThat(steps).hasSize(30);
        for (int term = 0; term < 2; term++) {
            double first = steps.getFirst().terms().get(term).value();
            double last = steps.getLast().terms().get(term).value();
            assertThat(last).as(steps.getLast().terms().get(term).name()).isLessThan(0.9 * first);
        }
    }

    @Test
    void sequencesMayBeLongerThanTheTextsOfACausalModel() throws Exception {
        Files.writeString(
                recipe,
                Files.readString(recipe)
                        .replace("batch: {queries: 4}", "batch: {queries: 4, query-tokens: 6, document-tokens: 6}")
                        .replace("task: adaptation", "task: adaptation\nreading: {mode: causal}"));

        assertThat(run(temporary.resolve("run"))).hasSize(30);
    }

    @Test
    void goesOnToTheLastBit() throws Exception {
        List<StepReport> whole = run(temporary.resolve("whole"));
        Path cut = temporary.resolve("cut");
        run(cut);
        RunFolder.delete(cut.resolve("states/00000030"));
        List<StepReport> rest = run(cut);

        assertThat(rest).extracting(StepReport::step).startsWith(21L);
        assertThat(rest)
                .extracting(StepReport::loss)
                .isEqualTo(whole.subList(20, 30).stream().map(StepReport::loss).toList());
    }
}
