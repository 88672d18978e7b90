package io.millrace.deploy.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.trainer.telemetry.SparsityGate;
import io.millrace.trainer.telemetry.SparsityReport;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a trial's log says of it.
 *
 * @param trial which one
 * @param plan of the lab
 * @param diverged whether it ended because numbers got out of bounds
 * @param steps reports of steps, as logged
 * @param judgements of the held-out texts, as logged; one at least
 */
record Course(Trial trial, LabPlan plan, boolean diverged, List<JsonNode> steps, List<JsonNode> judgements) {
    /** From this share of a guess's loss, ln B, on a model does not tell texts apart. */
    private static final double GUESSING = 0.9;

    /** Reads the log of a finished run. */
    static Course read(Trial trial, LabPlan plan, boolean diverged, Path folder) throws IOException {
        List<JsonNode> steps = new ArrayList<>();
        List<JsonNode> judgements = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("log.jsonl"))) {
            JsonNode event = new JsonMapper().readTree(line);
            (event.path("kind").asText().equals("step") ? steps : judgements).add(event);
        }
        if (judgements.isEmpty()) {
            throw new IOException(folder + " has a log without judgements; delete the folder and run again");
        }
        return new Course(trial, plan, diverged, List.copyOf(steps), List.copyOf(judgements));
    }

    /** InfoNCE of a step, without the regularisers. */
    static double contrast(JsonNode step) {
        double sum = 0;
        for (var term : step.path("terms").properties()) {
            sum += term.getKey().startsWith("info_nce") ? term.getValue().asDouble() : 0;
        }
        return sum;
    }

    /** InfoNCE on average over the last fifth of the steps. */
    double lastContrast() {
        return steps.subList(steps.size() - Math.max(1, steps.size() / 5), steps.size()).stream()
                .mapToDouble(Course::contrast)
                .average()
                .orElseThrow();
    }

    /** Whether it ends no better than a guess among the documents of a batch: collapsed, by what it learned and not by how it looks. */
    boolean guesses() {
        return diverged || !(lastContrast() < GUESSING * Math.log(plan.ranking().queries()));
    }

    /** The last judgement. */
    JsonNode last() {
        return judgements.getLast();
    }

    /** Why the gate refuses the last checkpoint; empty if it does not. */
    Optional<String> refusal() {
        return refusal(last());
    }

    private Optional<String> refusal(JsonNode judgement) {
        return SparsityGate.DEFAULT.refusal(sparsity(judgement));
    }

    /** What a judgement looked at; logs keep what the gate needs. */
    private SparsityReport sparsity(JsonNode judgement) {
        int texts = plan.corpus().heldOut();
        int columns = plan.corpus().vocabulary();
        return new SparsityReport(
                new SparsityReport.Side(
                        texts,
                        judgement.path("query_non_zeros").asDouble(),
                        judgement.path("empty_queries").asDouble(),
                        judgement.path("distinct_queries").asInt(),
                        judgement.path("query_likeness").asDouble()),
                new SparsityReport.Side(
                        texts,
                        judgement.path("document_non_zeros").asDouble(),
                        judgement.path("empty_documents").asDouble(),
                        judgement.path("distinct_documents").asInt(),
                        judgement.path("likeness").asDouble()),
                columns,
                (int) Math.round((1 - judgement.path("dead").asDouble()) * columns),
                judgement.path("longest_list").asDouble(),
                judgement.path("saturated").asInt(),
                judgement.path("flops").asDouble());
    }

    /** The judged step from which on the gate refuses, to the end. */
    OptionalLong refusedFrom() {
        return lasting(true);
    }

    /** The judged step from which on the gate passes, to the end. */
    OptionalLong passedFrom() {
        return lasting(false);
    }

    private OptionalLong lasting(boolean refused) {
        OptionalLong from = OptionalLong.empty();
        for (JsonNode judgement : judgements) {
            if (refusal(judgement).isPresent() != refused) {
                from = OptionalLong.empty();
            } else if (from.isEmpty()) {
                from = OptionalLong.of(judgement.path("step").asLong());
            }
        }
        return from;
    }

    /** Every line of the log with the trial in it, and one that sums up. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (JsonNode step : steps) {
            ObjectNode event = step.deepCopy();
            // The one figure that another run on another day would not repeat.
            event.remove("texts_per_second");
            lines.add(named(event));
        }
        for (JsonNode judgement : judgements) {
            ObjectNode event = judgement.deepCopy();
            // The reasons of the last one are in the line that sums up.
            event.put("refused", refusal(judgement).isPresent());
            lines.add(named(event));
        }
        ObjectNode sum = new JsonMapper().createObjectNode().put("kind", "trial");
        sum.put("contrast", lastContrast()).put("collapsed", guesses()).put("diverged", diverged);
        refusal().ifPresent(reason -> sum.put("refused", reason));
        refusedFrom().ifPresent(step -> sum.put("refused_from", step));
        passedFrom().ifPresent(step -> sum.put("passed_from", step));
        lines.add(named(sum));
        return lines;
    }

    private String named(ObjectNode event) {
        ObjectNode line = new JsonMapper().createObjectNode();
        line.put("arm", trial.arm().label())
                .put("mode", trial.mode().name().toLowerCase(Locale.ROOT))
                .put("peak_rate", trial.rate())
                .put("lambda", trial.lambda())
                .put("seed", trial.seed());
        line.setAll(event);
        rounded(line);
        return line.toString();
    }

    /** Six digits say all that a chart or a table shows. */
    private static void rounded(ObjectNode object) {
        for (var field : object.properties()) {
            if (field.getValue() instanceof ObjectNode inner) {
                rounded(inner);
            } else if (field.getValue().isDouble()) {
                double value = field.getValue().asDouble();
                field.setValue(DoubleNode.valueOf(
                        Double.isFinite(value)
                                ? new BigDecimal(value)
                                        .round(new MathContext(6))
                                        .doubleValue()
                                : value));
            }
        }
    }
}
