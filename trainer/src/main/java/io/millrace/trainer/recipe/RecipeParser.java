package io.millrace.trainer.recipe;

import io.millrace.evaluation.MetricNames;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.Saturation;
import io.millrace.model.learning.AdamW;
import io.millrace.model.learning.AdapterOptions;
import io.millrace.model.learning.Dropout;
import io.millrace.model.learning.LanguageWeights;
import io.millrace.model.learning.LearningOptions;
import io.millrace.trainer.data.format.TextRepair;
import io.millrace.trainer.data.pool.SamplingRules;
import io.millrace.trainer.lexical.LexicalFloor;
import io.millrace.trainer.lexical.LexicalFloors;
import io.millrace.trainer.objective.Objective;
import io.millrace.trainer.objective.Penalty;
import io.millrace.trainer.schedule.LearningRate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Reads the parts of a recipe.
 *
 * @param paths what paths in it mean
 */
record RecipeParser(RecipePaths paths) {
    Recipe recipe(Fields fields) {
        long steps = fields.whole("steps", 1);
        Recipe recipe = new Recipe(
                fields.text("name"),
                path(fields.text("base")),
                fields.optionalText("contract").map(this::path),
                reading(fields.within("reading")),
                fields.whole("seed", 42, Long.MIN_VALUE),
                steps,
                batch(fields.within("batch")),
                learning(fields, steps),
                task(fields, steps),
                fields.has("validation") ? Optional.of(validation(fields.within("validation"))) : Optional.empty(),
                fields.has("publish")
                        ? Optional.of(new PublishParser(paths).publish(fields.within("publish"), fields.text("name")))
                        : Optional.empty(),
                keeping(fields.within("keep")));
        fields.done();
        if (recipe.validation().isEmpty()
                && recipe.task() instanceof Task.Ranking ranking
                && ranking.objective().wantsFrequencies(0, 1)) {
            throw new InvalidRecipeException(
                    fields.place()
                            + " has a penalty df-flops, which counts documents' terms in those of the validation; give a validation");
        }
        return recipe;
    }

    private Path path(String text) {
        return paths.resolve(text);
    }

    private static Reading reading(Fields fields) {
        Reading reading = new Reading(
                fields.optionalText("mode").map(any -> fields.choice("mode", ReadingMode.class, ReadingMode.ENCODER)),
                head(fields, "query-head"),
                head(fields, "document-head"),
                fields.choice("saturation", Saturation.class, Saturation.LOG1P),
                new Reading.Binary(
                        fields.positive("binary-weight", Reading.Binary.ONES.weight()),
                        fields.flag("binary-counted", Reading.Binary.ONES.counted())));
        fields.done();
        return reading;
    }

    private static Optional<Reading.HeadKind> head(Fields fields, String key) {
        return fields.optionalText(key).map(any -> fields.choice(key, Reading.HeadKind.class, Reading.HeadKind.MLM));
    }

    /** Kinds of tasks. */
    private enum TaskKind {
        RANKING,
        ADAPTATION
    }

    private Task task(Fields fields, long steps) {
        return switch (fields.choice("task", TaskKind.class, TaskKind.RANKING)) {
            case RANKING -> {
                Objective objective = ObjectiveParser.objective(fields, steps);
                boolean taught = objective.ranking().parts().stream()
                        .anyMatch(part -> part.loss().needsTeacher());
                yield new Task.Ranking(
                        objective,
                        data(fields),
                        sampling(fields.within("candidates"), taught),
                        fields.has("lexical-floor")
                                ? Optional.of(floors(fields.within("lexical-floor"), steps))
                                : Optional.empty());
            }
            case ADAPTATION -> adaptation(fields.within("adaptation"));
        };
    }

    private LexicalFloors floors(Fields fields, long steps) {
        List<LexicalFloor> floors = new ArrayList<>();
        for (Penalty.Side side : Penalty.Side.values()) {
            String key = Fields.spelled(side);
            if (fields.has(key)) {
                Fields of = fields.within(key);
                floors.add(new LexicalFloor(
                        side,
                        of.positive("lambda", 1),
                        ObjectiveParser.ramp(of, steps),
                        of.atLeastZero("gain", side == Penalty.Side.QUERIES ? 0.2 : 1),
                        of.atLeastZero("idf-power", side == Penalty.Side.QUERIES ? 1 : 0),
                        of.atLeastZero("least-idf", 1),
                        of.flag("two-sided", false),
                        of.atLeastZero("anchor", 0)));
                of.done();
            }
        }
        if (floors.isEmpty()) {
            throw new InvalidRecipeException(fields.place() + " needs a floor for queries or for documents");
        }
        LexicalFloors all = new LexicalFloors(file(fields, "counted-in"), floors);
        fields.done();
        return all;
    }

    private Task adaptation(Fields fields) {
        LanguageWeights weights = new LanguageWeights(
                fields.positive("plain-weight", LanguageWeights.CSPLADE.plain()),
                fields.atLeastZero("rectified-weight", LanguageWeights.CSPLADE.rectified()));
        Task task = new Task.Adaptation(
                file(fields, "passages"),
                fields.choice("repair", TextRepair.class, TextRepair.NONE),
                (int) fields.whole("sequence-tokens", 512, 2),
                weights);
        fields.done();
        return task;
    }

    private static SamplingRules sampling(Fields fields, boolean taught) {
        try {
            SamplingRules sampling = new SamplingRules(
                    (int) fields.whole("group", 2, 1),
                    taught,
                    optional(fields, "margin"),
                    fields.choice("shortage", SamplingRules.Shortage.class, SamplingRules.Shortage.SKIP));
            fields.done();
            return sampling;
        } catch (IllegalArgumentException e) {
            throw e instanceof InvalidRecipeException known
                    ? known
                    : fields.problem("group", String.valueOf(e.getMessage()));
        }
    }

    private static Recipe.Batch batch(Fields fields) {
        Recipe.Batch batch = new Recipe.Batch(
                (int) fields.whole("queries", 32, 1),
                (int) fields.whole("accumulate", 1, 1),
                (int) fields.whole("query-tokens", 0, 0),
                (int) fields.whole("document-tokens", 0, 0),
                fields.flag("cached", false));
        fields.done();
        return batch;
    }

    private static Recipe.Learning learning(Fields recipe, long steps) {
        Fields fields = recipe.within("optimizer");
        AdamW optimizer = new AdamW(
                fields.share("beta1", AdamW.DEFAULT.first()),
                fields.share("beta2", AdamW.DEFAULT.second()),
                fields.positive("epsilon", AdamW.DEFAULT.epsilon()),
                fields.atLeastZero("decay", AdamW.DEFAULT.decay()),
                fields.atLeastZero("clip", AdamW.DEFAULT.clip()));
        double peak = fields.positive("rate", 2e-5);
        long warmup = fields.whole("warmup-steps", 0, 0);
        LearningRate.Decay decay = fields.choice("schedule", LearningRate.Decay.class, LearningRate.Decay.LINEAR);
        LearningRate rate = new LearningRate(decay, peak, warmup, steps);
        fields.done();
        LearningOptions options = new LearningOptions(
                1, dropout(recipe.within("dropout")), recipe.texts("frozen"), adapter(recipe), tokenRate(recipe, peak));
        return new Recipe.Learning(optimizer, rate, options);
    }

    /** The rate of weights of tokens follows the schedule of all others, from a height of its own. */
    private static OptionalDouble tokenRate(Fields recipe, double peak) {
        if (!recipe.has("token-weights")) {
            return OptionalDouble.empty();
        }
        Fields fields = recipe.within("token-weights");
        double rate = fields.positive("rate", peak);
        fields.done();
        return OptionalDouble.of(rate / peak);
    }

    private static Dropout dropout(Fields fields) {
        Dropout dropout = new Dropout(fields.share("states", 0), fields.share("attention", 0));
        fields.done();
        return dropout;
    }

    private static Optional<AdapterOptions> adapter(Fields recipe) {
        if (!recipe.has("adapter")) {
            return Optional.empty();
        }
        Fields fields = recipe.within("adapter");
        int rank = (int) fields.whole("rank", 16, 1);
        AdapterOptions adapter = new AdapterOptions(
                rank, fields.positive("alpha", 2.0 * rank), fields.texts("targets"), fields.share("dropout", 0));
        fields.done();
        return Optional.of(adapter);
    }

    private List<DataRecipe> data(Fields recipe) {
        List<DataRecipe> data = new ArrayList<>();
        for (Fields fields : recipe.mappings("data")) {
            data.add(source(fields));
            fields.done();
        }
        if (data.isEmpty()) {
            throw new InvalidRecipeException(recipe.place() + " needs data: a list of sources, each with a kind");
        }
        return data;
    }

    /** Kinds of sources. */
    private enum Kind {
        DISTILLATION,
        CONTRASTIVE,
        TRIPLES,
        ID_TRIPLES,
        HARD_NEGATIVES,
        BEIR,
        JUDGED
    }

    private DataRecipe source(Fields fields) {
        TextRepair repair = fields.choice("repair", TextRepair.class, TextRepair.NONE);
        // There is no kind to fall back on.
        fields.text("kind");
        return switch (fields.choice("kind", Kind.class, Kind.BEIR)) {
            case DISTILLATION ->
                new DataRecipe.Distillation(file(fields, "file"), fields.flag("best-first", false), repair);
            case CONTRASTIVE -> new DataRecipe.Contrastive(file(fields, "file"), repair);
            case TRIPLES -> new DataRecipe.Triples(file(fields, "file"), repair);
            case ID_TRIPLES -> byId(DataRecipe.IdKind.TRIPLES, fields, repair);
            case HARD_NEGATIVES -> byId(DataRecipe.IdKind.HARD_NEGATIVES, fields, repair);
            case BEIR -> {
                Path beir = path(fields.text("folder"));
                yield new DataRecipe.Judged(
                        found(fields, beir, "queries.jsonl"),
                        found(fields, beir, "corpus.jsonl"),
                        found(fields, beir, "qrels/" + split(fields, "train") + ".tsv"),
                        true,
                        negatives(fields),
                        teachers(fields),
                        repair);
            }
            case JUDGED ->
                new DataRecipe.Judged(
                        file(fields, "queries"),
                        file(fields, "documents"),
                        file(fields, "judgements"),
                        false,
                        negatives(fields),
                        teachers(fields),
                        repair);
        };
    }

    private DataRecipe byId(DataRecipe.IdKind kind, Fields fields, TextRepair repair) {
        return new DataRecipe.ById(
                kind,
                file(fields, "file"),
                file(fields, "queries"),
                file(fields, "documents"),
                fields.has("judgements") ? Optional.of(file(fields, "judgements")) : Optional.empty(),
                fields.texts("systems"),
                teachers(fields),
                repair);
    }

    private Path file(Fields fields, String key) {
        Path file = path(fields.text(key));
        if (!Files.isRegularFile(file)) {
            throw fields.problem(key, "is " + file + ", which is not a file");
        }
        return file;
    }

    private Path found(Fields fields, Path beir, String name) {
        for (Path file : List.of(beir.resolve(name), beir.resolve(name + ".gz"))) {
            if (Files.isRegularFile(file)) {
                return paths.permitted(file);
            }
        }
        throw fields.problem("folder", "is " + beir + ", which has neither " + name + " nor " + name + ".gz");
    }

    /** A split names a file within its folder, so it must not lead elsewhere. */
    static String split(Fields fields, String otherwise) {
        String split = fields.text("split", otherwise);
        if (!split.matches("[\\w.-]+")) {
            throw fields.problem("split", "is '" + split + "', but must be of letters, digits, '.', '-' and '_'");
        }
        return split;
    }

    private DataRecipe.Negatives negatives(Fields fields) {
        return new DataRecipe.Negatives(
                fields.has("negatives") ? Optional.of(file(fields, "negatives")) : Optional.empty(),
                fields.texts("systems"));
    }

    private static OptionalDouble optional(Fields fields, String key) {
        return fields.has(key)
                ? OptionalDouble.of(fields.real(key, 0, value -> true, "that is finite"))
                : OptionalDouble.empty();
    }

    private List<DataRecipe.Teacher> teachers(Fields fields) {
        List<DataRecipe.Teacher> teachers = new ArrayList<>();
        for (Fields teacher : fields.mappings("teachers")) {
            teachers.add(new DataRecipe.Teacher(
                    file(teacher, "scores"),
                    teacher.has("reference") ? Optional.of(file(teacher, "reference")) : Optional.empty()));
            teacher.done();
        }
        return teachers;
    }

    private ValidationRecipe validation(Fields fields) {
        String metric = fields.text("metric", "ndcg@10");
        try {
            ValidationRecipe validation = new ValidationRecipe(
                    path(fields.text("folder")),
                    split(fields, "dev"),
                    fields.whole("every", 500, 1),
                    MetricNames.parse(metric, 1),
                    (int) fields.whole("patience", 0, 0),
                    (int) fields.whole("queries", 0, 0));
            fields.done();
            return validation;
        } catch (IllegalArgumentException e) {
            throw e instanceof InvalidRecipeException known
                    ? known
                    : fields.problem("metric", String.valueOf(e.getMessage()));
        }
    }

    private static Recipe.Keeping keeping(Fields fields) {
        Recipe.Keeping keeping = new Recipe.Keeping(
                fields.whole("every", 500, 1), (int) fields.whole("states", 2, 1), fields.whole("report", 10, 1));
        fields.done();
        return keeping;
    }
}
