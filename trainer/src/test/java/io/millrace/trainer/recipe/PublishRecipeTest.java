package io.millrace.trainer.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.evaluation.Metric;
import io.millrace.service.registry.ModelName;
import io.millrace.trainer.telemetry.SparsityGate;
import io.millrace.trainer.validation.EvaluatedCollection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PublishRecipeTest {
    @TempDir
    private Path folder;

    private Recipe parse(String publish) throws IOException {
        Files.writeString(folder.resolve("groups.jsonl"), "");
        String recipe = """
                name: mine
                base: checkpoint
                steps: 1
                loss: [{kind: kl}]
                data: [{kind: distillation, file: groups.jsonl}]
                """ + publish;
        return Recipe.parse(
                RecipeSource.parse(recipe, "r.yaml", RecipePaths.local(folder)).getFirst());
    }

    @Test
    void nothingIsPublishedUnlessARecipeSaysSo() throws Exception {
        assertThat(parse("").publish()).isEmpty();
        assertThat(parse("publish: {}\n").publish()).contains(PublishRecipe.of("mine"));
    }

    @Test
    void saysNameTextsFiguresAndLimits() throws Exception {
        Files.writeString(folder.resolve("golden.json"), "{}");
        PublishRecipe publish = parse("""
                        publish:
                          name: other
                          golden: golden.json
                          parent: base@3
                          evaluation: {folder: scifact, split: dev, metrics: [map, ndcg@5]}
                          limits: {longest-list: 0.8, most-non-zeros: 300}
                        """).publish().orElseThrow();

        assertThat(publish.name()).isEqualTo("other");
        assertThat(publish.golden()).contains(folder.resolve("golden.json"));
        assertThat(publish.parent()).contains(new ModelName("base", 3));
        EvaluatedCollection evaluation = publish.evaluation().orElseThrow();
        assertThat(evaluation.name()).isEqualTo("scifact");
        assertThat(evaluation.split()).isEqualTo("dev");
        assertThat(evaluation.metrics()).extracting(Metric::name).containsExactly("MAP", "nDCG@5");
        SparsityGate gate = publish.gate().orElseThrow();
        assertThat(gate.alike().longestList()).isEqualTo(0.8);
        assertThat(gate.mostNonZeros()).isEqualTo(300);
        assertThat(gate.leastNonZeros()).isEqualTo(SparsityGate.DEFAULT.leastNonZeros());
    }

    @Test
    void theGateIsOffOnlyInSoManyWords() throws Exception {
        assertThat(parse("publish: {gate: off}\n").publish().orElseThrow().gate())
                .isEmpty();
        assertThat(parse("publish: {gate: 'off'}\n").publish().orElseThrow().gate())
                .isEmpty();
        assertThat(parse("publish: {gate: on}\n").publish().orElseThrow().gate())
                .contains(SparsityGate.DEFAULT);
        assertThatThrownBy(() -> parse("publish: {gate: maybe}\n")).hasMessageContaining("must be one of on, off");
    }

    @Test
    void whatCannotBeIsRefused() {
        assertThatThrownBy(() -> parse("publish: {name: 'No Name'}\n"))
                .isInstanceOf(InvalidRecipeException.class)
                .hasMessageContaining("publish.name");
        assertThatThrownBy(() -> parse("publish: {parent: base}\n")).hasMessageContaining("say which version");
        assertThatThrownBy(() -> parse("publish: {goldn: x}\n")).hasMessageContaining("did you mean 'golden'?");
        assertThatThrownBy(() -> parse("publish: {golden: missing.json}\n")).hasMessageContaining("not a file");
        assertThatThrownBy(() -> parse("publish: {evaluation: {folder: x, split: ../y}}\n"))
                .hasMessageContaining("split");
        assertThatThrownBy(() -> parse("publish: {evaluation: {folder: x, metrics: [best]}}\n"))
                .hasMessageContaining("metrics");
        assertThatThrownBy(() -> parse("publish: {limits: {longest-list: 2}}\n"))
                .hasMessageContaining("from 0 to 1");
    }
}
