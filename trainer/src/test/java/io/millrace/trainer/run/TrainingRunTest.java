package io.millrace.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.recipe.InvalidRecipeException;
import io.millrace.trainer.recipe.RecipeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of splade-tiny on a generated collection. */
class TrainingRunTest {
    private static final Path MODEL =
            Path.of("../models/splade-tiny").toAbsolutePath().normalize();
    private static final List<List<String>> TOPICS = List.of(
            List.of("tide", "moon", "ocean", "harbour"),
            List.of("yeast", "bread", "oven", "flour"),
            List.of("violin", "bow", "string", "concert"),
            List.of("glacier", "ice", "valley", "moraine"),
            List.of("vaccine", "dose", "immune", "virus"),
            List.of("orbit", "rocket", "launch", "fuel"),
            List.of("loom", "thread", "weave", "cloth"),
            List.of("chess", "rook", "gambit", "endgame"));

    @TempDir
    private Path temporary;

    private Path recipe;

    /** A word of a topic as a query, a sentence of the topic as its document. */
    @BeforeEach
    void writeCollection() throws IOException {
        SplittableRandom random = new SplittableRandom(5);
        StringBuilder corpus = new StringBuilder();
        StringBuilder queries = new StringBuilder();
        StringBuilder qrels = new StringBuilder("query-id\tcorpus-id\tscore\n");
        for (int i = 0; i < 64; i++) {
            List<String> words = TOPICS.get(i % TOPICS.size());
            String content =
                    "the " + words.get(random.nextInt(4)) + " and the " + words.get(random.nextInt(4)) + " number " + i;
            corpus.append("{\"_id\": \"d%d\", \"title\": \"\", \"text\": \"%s\"}%n".formatted(i, content));
            queries.append(
                    "{\"_id\": \"q%d\", \"text\": \"%s number %d\"}%n".formatted(i, words.get(random.nextInt(4)), i));
            qrels.append("q%d\td%d\t1%n".formatted(i, i));
        }
        Path folder = temporary.resolve("data");
        Files.createDirectories(folder.resolve("qrels"));
        Files.writeString(folder.resolve("corpus.jsonl"), corpus);
        Files.writeString(folder.resolve("queries.jsonl"), queries);
        Files.writeString(folder.resolve("qrels/train.tsv"), qrels);
        recipe = temporary.resolve("recipe.yaml");
        write(12, "");
    }

    private void write(int steps, String more) throws IOException {
        Files.writeString(recipe, """
                name: tiny
                base: %s
                seed: 3
                steps: %d
                batch: {queries: 8, query-tokens: 16, document-tokens: 24}
                candidates: {group: 3}
                optimizer: {rate: 3e-4, warmup-steps: 2, decay: 0.01}
                dropout: {states: 0.1, attention: 0.1}
                loss:
                  - {kind: info-nce}
                penalties:
                  - {side: documents, kind: flops, lambda: 0.01}
                  - {side: queries, kind: l1, lambda: 0.001}
                data:
                  - {kind: beir, folder: data}
                keep: {every: 5, report: 1}
                %s""".formatted(MODEL, steps, more));
    }

    private List<RunEvent> run(Path folder) throws IOException, InterruptedException {
        List<RunEvent> events = new ArrayList<>();
        RunOutcome outcome = TrainingRun.open(RecipeSource.read(recipe).getFirst(), folder, 2)
                .run(new RunControl(), events::add);
        assertThat(outcome.reason()).isNotEqualTo(RunOutcome.Reason.STOPPED);
        assertThat(outcome.checkpoint().orElseThrow().resolve("millrace.json")).exists();
        return events;
    }

    /** Lines of the log without what the clock says. */
    private static List<String> log(Path folder) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("log.jsonl"))) {
            ObjectNode json = (ObjectNode) new JsonMapper().readTree(line);
            json.remove(List.of("texts_per_second", "seconds_per_step"));
            lines.add(json.toString());
        }
        return lines;
    }

    @Test
    void learnsWhatItIsShown() throws Exception {
        write(60, "validation: {folder: data, split: train, every: 20, metric: mrr@10}\n");

        List<RunEvent> events = run(temporary.resolve("run"));

        List<StepReport> steps = events.stream()
                .filter(StepReport.class::isInstance)
                .map(StepReport.class::cast)
                .toList();
        List<Judgement> judgements = events.stream()
                .filter(Judgement.class::isInstance)
                .map(Judgement.class::cast)
                .toList();
        assertThat(steps).hasSize(60);
        assertThat(steps.getLast().loss()).isLessThan(0.5 * steps.getFirst().loss());
        assertThat(judgements).extracting(Judgement::step).containsExactly(20L, 40L, 60L);
        assertThat(judgements.getLast().value()).isGreaterThan(0.9);
    }

    @Test
    void aRunThatWasCutShortTakesTheSameStepsToTheLastBit() throws Exception {
        Path whole = temporary.resolve("whole");
        Path cut = temporary.resolve("cut");
        run(whole);
        RunControl control = new RunControl();
        // Stopped in the middle between two saved states; what was done since the last one is thrown away, as by a
        // kill.
        RunOutcome stopped = TrainingRun.open(RecipeSource.read(recipe).getFirst(), cut, 2)
                .run(control, event -> {
                    if (event.step() == 8) {
                        control.stop();
                    }
                });
        assertThat(stopped.reason()).isEqualTo(RunOutcome.Reason.STOPPED);
        RunFolder.delete(cut.resolve("states/00000008"));

        run(cut);

        assertThat(log(cut)).isEqualTo(log(whole)).hasSize(12);
        assertThat(Files.readAllBytes(cut.resolve("last/model.safetensors")))
                .isEqualTo(Files.readAllBytes(whole.resolve("last/model.safetensors")));
    }

    @Test
    void countedFrequenciesArePartOfTheState() throws Exception {
        write(12, "validation: {folder: data, split: train, every: 6, metric: mrr@10}\n");
        Files.writeString(
                recipe,
                Files.readString(recipe)
                        .replace("kind: flops, lambda: 0.01", "kind: df-flops, lambda: 1, ramp: constant"));
        Path whole = temporary.resolve("whole");
        Path cut = temporary.resolve("cut");
        run(whole);
        run(cut);
        RunFolder.delete(cut.resolve("states/00000012"));

        run(cut);

        assertThat(log(cut)).isEqualTo(log(whole)).hasSize(14);
        assertThat(log(whole).getFirst()).contains("df_flops_documents");
    }

    @Test
    void aLexicalFloorBringsOwnTokensUpAndARunGoesOnWithIt() throws Exception {
        String floor =
                "lexical-floor: {counted-in: data/corpus.jsonl, queries: {gain: 0.3, least-idf: 0.5, two-sided: true, anchor: 0.02},"
                        + " documents: {gain: 1, least-idf: 0.5, ramp: constant}}\n";
        write(14, floor);
        run(temporary.resolve("whole"));
        List<String> whole = log(temporary.resolve("whole"));
        RunControl control = new RunControl();
        TrainingRun.open(RecipeSource.read(recipe).getFirst(), temporary.resolve("cut"), 2)
                .run(control, event -> {
                    if (event instanceof StepReport report && report.step() == 7) {
                        control.stop();
                    }
                });

        run(temporary.resolve("cut"));

        assertThat(log(temporary.resolve("cut"))).isEqualTo(whole);
        for (String term : List.of("lexical_floor_queries", "lexical_floor_documents")) {
            assertThat(value(whole.getLast(), term)).isLessThan(0.8 * value(whole.getFirst(), term));
        }
    }

    private static double value(String line, String term) throws IOException {
        return new JsonMapper().readTree(line).path("terms").path(term).asDouble();
    }

    @Test
    void aDamagedStateIsPassedOverForAnOlderOne() throws Exception {
        Path folder = temporary.resolve("run");
        run(folder);
        List<String> before = log(folder);
        Path newest = folder.resolve("states/00000012/weights.safetensors");
        byte[] bytes = Files.readAllBytes(newest);
        bytes[bytes.length / 2] ^= 1;
        Files.write(newest, bytes);

        run(folder);

        assertThat(log(folder)).isEqualTo(before);
    }

    @Test
    void aBatchInPiecesIsABatch() throws Exception {
        write(4, "");
        Path remembered = temporary.resolve("remembered");
        run(remembered);
        Files.writeString(recipe, Files.readString(recipe).replace("queries: 8,", "queries: 8, cached: true,"));
        Path cached = temporary.resolve("cached");

        run(cached);

        assertThat(log(cached)).isEqualTo(log(remembered));
    }

    @Test
    void stopsWhenJudgementsGetNoBetter() throws Exception {
        write(500, "validation: {folder: data, split: train, every: 2, metric: mrr@10, patience: 3}\n");
        Files.writeString(recipe, Files.readString(recipe).replace("rate: 3e-4", "rate: 1e-12"));

        Path folder = temporary.resolve("run");
        List<RunEvent> events = run(folder);
        List<String> before = log(folder);

        assertThat(events.getLast().step()).isEqualTo(8);
        // Opened again, as by a plan whose later recipe was cut short, it takes no further step.
        assertThat(run(folder)).isEmpty();
        assertThat(log(folder)).isEqualTo(before);
    }

    @Test
    void anotherRecipeDoesNotGoOnWithARun() throws Exception {
        Path folder = temporary.resolve("run");
        run(folder);
        write(13, "");

        assertThatThrownBy(() -> run(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("another recipe");
    }

    @Test
    void numbersOutOfBoundsEndARunWithAReason() throws Exception {
        write(50, "");
        Files.writeString(recipe, Files.readString(recipe).replace("rate: 3e-4", "rate: 1e30"));

        assertThatThrownBy(() -> run(temporary.resolve("run")))
                .isInstanceOf(DivergedException.class)
                .hasMessageContaining("lower the learning rate");
    }

    @Test
    void aMistypedKeyIsNamedWithTheOneThatWasMeant() throws Exception {
        Files.writeString(recipe, Files.readString(recipe).replace("warmup-steps", "warm-up-steps"));

        assertThatThrownBy(() -> TrainingRun.open(RecipeSource.read(recipe).getFirst(), temporary.resolve("run"), 1))
                .isInstanceOf(InvalidRecipeException.class)
                .hasMessageContaining("'warm-up-steps'; did you mean 'warmup-steps'?");
    }
}
