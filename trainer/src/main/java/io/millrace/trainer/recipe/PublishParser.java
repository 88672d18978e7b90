package io.millrace.trainer.recipe;

import io.millrace.evaluation.Metric;
import io.millrace.evaluation.MetricNames;
import io.millrace.service.registry.ModelName;
import io.millrace.trainer.telemetry.SparsityGate;
import io.millrace.trainer.validation.EvaluatedCollection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads {@code publish}.
 *
 * @param paths what paths in it mean
 */
record PublishParser(RecipePaths paths) {
    /**
     * Reads the key.
     *
     * @param name of the recipe, under which is published what has no other name
     */
    PublishRecipe publish(Fields fields, String name) {
        Optional<Path> golden = file(fields, "golden");
        Optional<EvaluatedCollection> evaluation =
                fields.has("evaluation") ? Optional.of(evaluated(fields.within("evaluation"))) : Optional.empty();
        boolean gate = gate(fields);
        SparsityGate limits = limits(fields.within("limits"));
        PublishRecipe publish = new PublishRecipe(
                modelName(fields, "name", fields.text("name", name)).name(),
                golden,
                evaluation,
                gate ? Optional.of(limits) : Optional.empty(),
                file(fields, "license"),
                fields.optionalText("parent").map(text -> parent(fields, text)));
        fields.done();
        return publish;
    }

    /** YAML reads on and off as true and false, unless they are quoted. */
    private static boolean gate(Fields fields) {
        String gate = fields.text("gate", "on");
        return switch (gate) {
            case "on", "true" -> true;
            case "off", "false" -> false;
            default -> throw fields.problem("gate", "is '" + gate + "', but must be one of on, off");
        };
    }

    private static SparsityGate limits(Fields fields) {
        SparsityGate usual = SparsityGate.DEFAULT;
        SparsityGate.Alike alike = usual.alike();
        SparsityGate limits = new SparsityGate(
                usual.leastVectors(),
                fields.share("most-empty", usual.mostEmpty()),
                fields.atLeastZero("least-non-zeros", usual.leastNonZeros()),
                fields.positive("most-non-zeros", usual.mostNonZeros()),
                new SparsityGate.Alike(
                        share(fields, "most-likeness", alike.mostLikeness()),
                        share(fields, "most-saturated", alike.mostSaturated()),
                        share(fields, "most-touched", alike.mostTouched()),
                        share(fields, "longest-list", alike.longestList()),
                        fields.atLeastZero("least-variety", alike.leastVariety())));
        fields.done();
        return limits;
    }

    private static double share(Fields fields, String key, double otherwise) {
        return fields.real(key, otherwise, value -> value >= 0 && value <= 1, "from 0 to 1");
    }

    private EvaluatedCollection evaluated(Fields fields) {
        Path folder = paths.resolve(fields.text("folder"));
        String split = RecipeParser.split(fields, "test");
        List<Metric> metrics = new ArrayList<>(fields.has("metrics") ? List.of() : EvaluatedCollection.METRICS);
        for (String name : fields.texts("metrics")) {
            try {
                metrics.add(MetricNames.parse(name, 1));
            } catch (IllegalArgumentException e) {
                throw fields.problem("metrics", String.valueOf(e.getMessage()));
            }
        }
        fields.done();
        return new EvaluatedCollection(folder, split, metrics);
    }

    private Optional<Path> file(Fields fields, String key) {
        return fields.optionalText(key).map(text -> {
            Path file = paths.resolve(text);
            if (!Files.isRegularFile(file)) {
                throw fields.problem(key, "is " + file + ", which is not a file");
            }
            return file;
        });
    }

    private static ModelName modelName(Fields fields, String key, String text) {
        try {
            return new ModelName(text, 0);
        } catch (IllegalArgumentException e) {
            throw fields.problem(key, "is no name of a model: " + e.getMessage());
        }
    }

    private static ModelName parent(Fields fields, String text) {
        try {
            ModelName parent = ModelName.parse(text);
            if (parent.version() == 0) {
                throw fields.problem("parent", "is '" + text + "'; say which version, such as " + text + "@1");
            }
            return parent;
        } catch (IllegalArgumentException e) {
            throw e instanceof InvalidRecipeException known
                    ? known
                    : fields.problem("parent", String.valueOf(e.getMessage()));
        }
    }
}
