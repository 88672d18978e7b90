package io.millrace.trainer.recipe;

import io.millrace.trainer.loss.AllPairs;
import io.millrace.trainer.loss.InfoNce;
import io.millrace.trainer.loss.KlDivergence;
import io.millrace.trainer.loss.LossMixture;
import io.millrace.trainer.loss.MarginMse;
import io.millrace.trainer.loss.RankingLoss;
import io.millrace.trainer.objective.Objective;
import io.millrace.trainer.objective.Penalty;
import io.millrace.trainer.regularizer.AntiZero;
import io.millrace.trainer.regularizer.DfFlops;
import io.millrace.trainer.regularizer.DocumentFrequencies;
import io.millrace.trainer.regularizer.Flops;
import io.millrace.trainer.regularizer.L1;
import io.millrace.trainer.regularizer.Regularizer;
import io.millrace.trainer.regularizer.RowGrouping;
import io.millrace.trainer.schedule.Ramp;
import java.util.ArrayList;
import java.util.List;

/** Reads what a recipe minimises: {@code loss}, a list of ranking losses, and {@code penalties}, a list of regularisers. */
final class ObjectiveParser {
    private ObjectiveParser() {}

    /** Ranking losses. */
    private enum Loss {
        MARGIN_MSE,
        KL,
        INFO_NCE,
        ALL_PAIRS
    }

    /** Regularisers. */
    private enum Kind {
        FLOPS,
        DF_FLOPS,
        L1,
        ANTI_ZERO
    }

    static Objective objective(Fields recipe, long steps) {
        List<LossMixture.Part> parts = new ArrayList<>();
        for (Fields fields : recipe.mappings("loss")) {
            parts.add(new LossMixture.Part(fields.atLeastZero("weight", 1), loss(fields)));
            fields.done();
        }
        if (parts.isEmpty()) {
            throw new InvalidRecipeException(recipe.place() + " needs a loss: a list of losses, each with a kind");
        }
        List<Penalty> penalties = new ArrayList<>();
        for (Fields fields : recipe.mappings("penalties")) {
            // There is no side to fall back on.
            fields.text("side");
            penalties.add(new Penalty(
                    fields.choice("side", Penalty.Side.class, Penalty.Side.DOCUMENTS),
                    regularizer(fields),
                    fields.atLeastZero("lambda", 0),
                    ramp(fields, steps)));
            fields.done();
        }
        return new Objective(new LossMixture(parts), penalties);
    }

    private static RankingLoss loss(Fields fields) {
        fields.text("kind");
        return switch (fields.choice("kind", Loss.class, Loss.MARGIN_MSE)) {
            case MARGIN_MSE ->
                new MarginMse(
                        fields.choice("margins", MarginMse.Margins.class, MarginMse.Margins.POSITIVE_AGAINST_EACH));
            case KL -> {
                double temperature = fields.positive("temperature", 1);
                yield new KlDivergence(temperature, fields.positive("teacher-temperature", temperature));
            }
            case INFO_NCE ->
                new InfoNce(
                        fields.positive("temperature", 1),
                        fields.flag("hard-negatives", true),
                        fields.choice("in-batch", InfoNce.InBatch.class, InfoNce.InBatch.ALL));
            case ALL_PAIRS ->
                new AllPairs(fields.choice("pairs", AllPairs.Pairs.class, AllPairs.Pairs.POSITIVE_AGAINST_EACH));
        };
    }

    private static Regularizer regularizer(Fields fields) {
        return switch (fields.choice("kind", Kind.class, Kind.FLOPS)) {
            case FLOPS -> new Flops(grouping(fields), (int) fields.whole("masked", 0, 0));
            case DF_FLOPS ->
                new DfFlops(
                        grouping(fields),
                        fields.choice("placement", DfFlops.Placement.class, DfFlops.Placement.INSIDE_THE_SQUARE),
                        fields.share("alpha", 0.1),
                        fields.positive("beta", 10),
                        DocumentFrequencies.none(0));
            case L1 -> new L1();
            case ANTI_ZERO -> new AntiZero();
        };
    }

    private static RowGrouping grouping(Fields fields) {
        return fields.choice("grouping", RowGrouping.class, RowGrouping.TOGETHER);
    }

    /** How a penalty rises; by thirds of a run, see the default. */
    static Ramp ramp(Fields fields, long steps) {
        Ramp.Shape shape = fields.choice("ramp", Ramp.Shape.class, Ramp.Shape.QUADRATIC);
        // Published recipes end the ramp at a third of the run: 50k of 150k steps.
        return new Ramp(
                shape,
                fields.whole("ramp-steps", shape == Ramp.Shape.CONSTANT ? 0 : steps / 3, 0),
                fields.choice("ramp-counting", Ramp.Counting.class, Ramp.Counting.NAVER));
    }
}
