package io.millrace.trainer.golden;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.trainer.batch.VectorGradients;
import io.millrace.trainer.loss.AllPairs;
import io.millrace.trainer.loss.InfoNce;
import io.millrace.trainer.loss.KlDivergence;
import io.millrace.trainer.loss.LossMixture;
import io.millrace.trainer.loss.MarginMse;
import io.millrace.trainer.loss.RankingLoss;
import io.millrace.trainer.objective.Objective;
import io.millrace.trainer.objective.Penalty;
import io.millrace.trainer.objective.StepObjective;
import io.millrace.trainer.regularizer.AntiZero;
import io.millrace.trainer.regularizer.DfFlops;
import io.millrace.trainer.regularizer.DocumentFrequencies;
import io.millrace.trainer.regularizer.Flops;
import io.millrace.trainer.regularizer.L1;
import io.millrace.trainer.regularizer.Regularizer;
import io.millrace.trainer.regularizer.RowGrouping;
import io.millrace.trainer.schedule.Ramp;
import java.util.List;

/**
 * What was computed of a batch, and what came out.
 *
 * @param name of the loss, penalty or objective with its parameters
 * @param oracle whose code computed it
 * @param computed how it is computed here
 * @param value the recorded value
 * @param queries the recorded slopes of the queries' weights
 * @param documents the recorded slopes of the documents' weights
 */
record GoldenCase(String name, String oracle, Computed computed, double value, double[] queries, double[] documents) {
    /** Computes a value of a batch and adds its slopes. */
    interface Computed {
        double of(GoldenBatch batch, VectorGradients into);
    }

    static GoldenCase of(JsonNode recorded, DocumentFrequencies frequencies) {
        String name;
        Computed computed;
        if (recorded.has("loss")) {
            JsonNode spec = recorded.get("loss");
            RankingLoss loss = loss(spec);
            boolean ids = spec.path("ids").asBoolean();
            name = loss.name() + temperature(loss) + (ids ? ", ids known" : "");
            computed = (batch, into) -> LossMixture.of(loss).add(batch.vectors(), batch.supervision(ids), into)[0];
        } else if (recorded.has("penalty")) {
            Regularizer penalty = penalty(recorded.get("penalty"), frequencies);
            boolean queries = recorded.get("side").asText().equals("QUERIES");
            name = penalty.name();
            computed = (batch, into) -> queries
                    ? penalty.add(batch.vectors().queries(), 1, 1, into.queries())
                    : penalty.add(batch.vectors().documents(), batch.vectors().group(), 1, into.documents());
        } else {
            name = "whole objective of SPLADE-v3";
            long step = recorded.get("step").longValue();
            computed = (batch, into) -> spladeV3(batch, step, into);
        }
        return new GoldenCase(
                name,
                recorded.get("oracle").asText(),
                computed,
                recorded.get("value").doubleValue(),
                GoldenBatch.doubles(recorded.get("queries")),
                GoldenBatch.doubles(recorded.get("documents")));
    }

    private static String temperature(RankingLoss loss) {
        return switch (loss) {
            case InfoNce nce -> ", T = " + nce.temperature();
            case KlDivergence kl -> ", T = " + kl.temperature() + ", teacher's " + kl.teacherTemperature();
            case MarginMse mse -> "";
            case AllPairs pairs -> "";
        };
    }

    private static RankingLoss loss(JsonNode spec) {
        return switch (spec.get("kind").asText()) {
            case "margin_mse" ->
                new MarginMse(MarginMse.Margins.valueOf(spec.get("margins").asText()));
            case "kl_divergence" ->
                new KlDivergence(
                        spec.get("temperature").doubleValue(),
                        spec.get("teacher_temperature").doubleValue());
            case "info_nce" ->
                new InfoNce(
                        spec.get("temperature").doubleValue(),
                        spec.get("hard").booleanValue(),
                        InfoNce.InBatch.valueOf(spec.get("others").asText()));
            case "all_pairs" ->
                new AllPairs(AllPairs.Pairs.valueOf(spec.get("pairs").asText()));
            default -> throw new IllegalArgumentException("unknown loss " + spec);
        };
    }

    private static Regularizer penalty(JsonNode spec, DocumentFrequencies frequencies) {
        return switch (spec.get("kind").asText()) {
            case "l1" -> new L1();
            case "anti_zero" -> new AntiZero();
            case "flops" -> new Flops(grouping(spec), spec.get("masked").intValue());
            case "df_flops" ->
                new DfFlops(
                        grouping(spec),
                        DfFlops.Placement.valueOf(spec.get("placement").asText()),
                        spec.get("alpha").doubleValue(),
                        spec.get("beta").doubleValue(),
                        frequencies);
            default -> throw new IllegalArgumentException("unknown penalty " + spec);
        };
    }

    private static RowGrouping grouping(JsonNode spec) {
        return RowGrouping.valueOf(spec.get("grouping").asText());
    }

    /** Through everything a step uses, rounding to floats included. */
    private static double spladeV3(GoldenBatch batch, long step, VectorGradients into) {
        Ramp ramp = new Ramp(Ramp.Shape.QUADRATIC, 50, Ramp.Counting.NAVER_HF);
        Objective objective = new Objective(
                LossMixture.spladeV3(),
                List.of(
                        new Penalty(Penalty.Side.DOCUMENTS, new Flops(), 0.2, ramp),
                        new Penalty(Penalty.Side.QUERIES, new L1(), 0.3, ramp),
                        new Penalty(Penalty.Side.QUERIES, new AntiZero(), 1, Ramp.NONE),
                        new Penalty(Penalty.Side.DOCUMENTS, new AntiZero(), 1, Ramp.NONE)));
        StepObjective evaluated = objective.evaluate(batch.vectors(), batch.supervision(false), step);
        for (int p = 0; p < into.queries().length; p++) {
            into.queries()[p] = evaluated.queryGradient()[p];
        }
        for (int p = 0; p < into.documents().length; p++) {
            into.documents()[p] = evaluated.documentGradient()[p];
        }
        return evaluated.total();
    }
}
