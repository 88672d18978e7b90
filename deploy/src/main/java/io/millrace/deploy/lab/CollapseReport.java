package io.millrace.deploy.lab;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.deploy.plot.Axis;
import io.millrace.deploy.plot.Chart;
import io.millrace.deploy.plot.HtmlPage;
import io.millrace.deploy.plot.Layer;
import io.millrace.deploy.plot.ReportTable;
import io.millrace.trainer.telemetry.SparsityGate;
import io.millrace.trainer.telemetry.SparsityReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;

/**
 * The lab's outcome as tables, charts and lines.
 *
 * @param plan what was done
 * @param outcome what came out
 */
record CollapseReport(LabPlan plan, CollapseLab.Outcome outcome) {
    private static final List<String> HEADER = List.of(
            "setting",
            "arm",
            "seed",
            "InfoNCE",
            "MRR@10",
            "non-zeros q/d",
            "dead",
            "longest list",
            "likeness",
            "distinct",
            "gate",
            "since step",
            "collapsed");

    /** A curve of the judgements or of the steps. */
    private record Curve(String title, boolean steps, Axis axis, ToDoubleFunction<JsonNode> value) {}

    private static final List<Curve> CURVES = List.of(
            new Curve("MRR@10 of held-out sentences", false, Axis.linear("MRR@10"), number("value")),
            new Curve("Non-zeros of a document", false, Axis.log("terms"), number("document_non_zeros")),
            new Curve("Non-zeros of a query", false, Axis.log("terms"), number("query_non_zeros")),
            new Curve("Mean cosine of two documents", false, Axis.linear("cosine"), number("likeness")),
            new Curve("Mean cosine of two queries", false, Axis.linear("cosine"), number("query_likeness")),
            new Curve("Terms that no document has", false, Axis.linear("share of the vocabulary"), number("dead")),
            new Curve("Longest posting list", false, Axis.linear("share of the documents"), number("longest_list")),
            new Curve("Different sets of terms", false, Axis.linear("documents"), number("distinct_documents")),
            new Curve("InfoNCE", true, Axis.log("nats"), Course::contrast));

    private static ToDoubleFunction<JsonNode> number(String key) {
        return event -> event.path(key).asDouble(Double.NaN);
    }

    /** Every trial's end. */
    ReportTable table() {
        List<List<String>> rows = new ArrayList<>();
        for (Trial.Setting setting : plan.sweep().settings()) {
            for (Course course : of(setting)) {
                rows.add(row(course));
            }
        }
        return new ReportTable("What became of each trial", HEADER, rows);
    }

    /** Trials of a setting by arm, then by seed. */
    private List<Course> of(Trial.Setting setting) {
        List<Course> courses = new ArrayList<>();
        for (Trial.Arm arm : Trial.Arm.values()) {
            outcome.courses().stream()
                    .filter(course -> course.trial().setting().equals(setting)
                            && course.trial().arm() == arm)
                    .forEach(courses::add);
        }
        return courses;
    }

    private static List<String> row(Course course) {
        JsonNode last = course.last();
        boolean refused = course.refusal().isPresent();
        OptionalLong since = refused ? course.refusedFrom() : course.passedFrom();
        return List.of(
                course.trial().setting().label(),
                course.trial().arm().label(),
                String.valueOf(course.trial().seed()),
                hundredths(course.lastContrast()),
                thousandths(last.path("value").asDouble()),
                pair(
                        last.path("query_non_zeros").asDouble(),
                        last.path("document_non_zeros").asDouble()),
                percent(last.path("dead").asDouble()),
                percent(last.path("longest_list").asDouble()),
                hundredths(last.path("likeness").asDouble()),
                String.valueOf(last.path("distinct_documents").asInt()),
                refused ? "refuses" : "passes",
                since.isPresent() ? String.valueOf(since.getAsLong()) : "",
                course.guesses() ? "yes" : "no");
    }

    /** What arms look like before they are contrasted. */
    private ReportTable starts() {
        List<List<String>> rows = new ArrayList<>();
        for (Trial.Arm arm : Trial.Arm.values()) {
            for (CollapseLab.Beginning start : outcome.starts()) {
                if (start.arm() == arm) {
                    SparsityReport sparsity = start.sparsity();
                    rows.add(List.of(
                            arm.label(),
                            String.valueOf(start.seed()),
                            pair(sparsity.queries().mean(), sparsity.documents().mean()),
                            percent(sparsity.dead()),
                            percent(sparsity.longestList()),
                            hundredths(sparsity.likeness()),
                            String.valueOf(sparsity.documents().distinct()),
                            SparsityGate.DEFAULT.refusal(sparsity).isPresent() ? "refuses" : "passes"));
                }
            }
        }
        return new ReportTable(
                "Before contrastive training",
                List.of("arm", "seed", "non-zeros q/d", "dead", "longest list", "likeness", "distinct", "gate"),
                rows);
    }

    /** Seeds of an arm together. */
    private ReportTable summary() {
        List<List<String>> rows = new ArrayList<>();
        for (Trial.Setting setting : plan.sweep().settings()) {
            for (Trial.Arm arm : Trial.Arm.values()) {
                List<Course> courses = of(setting).stream()
                        .filter(course -> course.trial().arm() == arm)
                        .toList();
                if (!courses.isEmpty()) {
                    rows.add(List.of(
                            setting.label(),
                            arm.label(),
                            courses.stream().filter(Course::guesses).count() + " of " + courses.size(),
                            courses.stream()
                                            .filter(course -> course.refusal().isPresent())
                                            .count() + " of " + courses.size(),
                            range(
                                    CollapseReport::thousandths,
                                    courses,
                                    course -> course.last().path("value").asDouble()),
                            range(
                                    CollapseReport::whole,
                                    courses,
                                    course -> course.last()
                                            .path("document_non_zeros")
                                            .asDouble()),
                            range(
                                    CollapseReport::hundredths,
                                    courses,
                                    course -> course.last().path("likeness").asDouble())));
                }
            }
        }
        return new ReportTable(
                "Arms, from the least to the largest of their seeds",
                List.of("setting", "arm", "collapsed", "refused", "MRR@10", "non-zeros of a document", "likeness"),
                rows);
    }

    private static String range(DoubleFunction<String> written, List<Course> courses, ToDoubleFunction<Course> value) {
        var figures = courses.stream().mapToDouble(value).summaryStatistics();
        return written.apply(figures.getMin()) + "–" + written.apply(figures.getMax());
    }

    private String description() {
        LabPlan.Language language = plan.language();
        LabPlan.Ranking ranking = plan.ranking();
        return String.format(
                Locale.ROOT,
                "A Llama of %d layers and %d columns with a vocabulary of %,d byte pairs learns to predict the next token of"
                        + " WordNet's entries (%d steps of %d sequences of %d tokens, rate %s), then %d steps more, by plain"
                        + " cross-entropy (plain) or by that of log(1 + ReLU(logits)) too (adapted). Then %d contrastive steps of %d"
                        + " sentences with their entries, as each other's negatives, under FLOPS on both sides, λ rising over"
                        + " a third of them. Judged by %d held-out sentences, which ask for their entries. Collapsed: InfoNCE of"
                        + " the last fifth of the steps is above 0.9 ln %d = %.2f, so that the model does not tell documents apart.",
                plan.decoder().layers(),
                plan.decoder().width(),
                plan.corpus().vocabulary(),
                language.steps(),
                language.batch(),
                language.tokens(),
                Trial.number(language.rate()),
                language.adaptation(),
                ranking.steps(),
                ranking.queries(),
                plan.corpus().heldOut(),
                ranking.queries(),
                0.9 * Math.log(ranking.queries()));
    }

    /** Tables for Markdown. */
    String markdown() {
        return "# Collapse lab\n\n" + description() + "\n\n" + summary().markdown() + "\n" + starts().markdown() + "\n"
                + table().markdown() + "\n" + refusals();
    }

    /** What the gate says of those that it refuses. */
    private String refusals() {
        if (outcome.courses().stream().allMatch(course -> course.refusal().isEmpty())) {
            return "The gate refuses none.\n";
        }
        StringBuilder text = new StringBuilder("Why the gate refuses:\n\n");
        outcome.courses()
                .forEach(course -> course.refusal()
                        .ifPresent(reason -> text.append("- `")
                                .append(course.trial().name())
                                .append("`: ")
                                .append(reason)
                                .append("\n")));
        return text.toString();
    }

    /** The page with all curves. */
    String page() {
        HtmlPage page = new HtmlPage("Collapse lab").paragraph(description());
        page.table(summary()).table(starts());
        for (Trial.Setting setting : plan.sweep().settings()) {
            page.heading(setting.label());
            for (Curve curve : CURVES) {
                page.chart(new Chart(
                        curve.title() + ": " + setting.label(),
                        Axis.linear("step"),
                        curve.axis(),
                        of(setting).stream().map(course -> line(curve, course)).toList()));
            }
        }
        return page.table(table()).html();
    }

    private static Layer line(Curve curve, Course course) {
        List<JsonNode> events = curve.steps() ? course.steps() : course.judgements();
        return new Layer.Line(
                course.trial().arm().label() + " " + course.trial().seed(),
                events.stream()
                        .mapToDouble(event -> event.path("step").asDouble())
                        .toArray(),
                events.stream().mapToDouble(curve.value()).toArray());
    }

    /** Everything, a JSON object a line. */
    List<String> lines() {
        return outcome.courses().stream()
                .flatMap(course -> course.lines().stream())
                .toList();
    }

    private static String whole(double value) {
        return String.format(Locale.ROOT, "%.0f", value);
    }

    private static String hundredths(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static String thousandths(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }

    private static String percent(double share) {
        return whole(100 * share) + " %";
    }

    private static String pair(double queries, double documents) {
        return whole(queries) + " / " + whole(documents);
    }
}
