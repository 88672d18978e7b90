package io.millrace.deploy.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.deploy.plot.Axis;
import io.millrace.deploy.plot.Chart;
import io.millrace.deploy.plot.HtmlPage;
import io.millrace.deploy.plot.Layer;
import io.millrace.deploy.plot.ReportTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * A run's log as a page with its curves: {@code report.html}.
 *
 * @param folder of the run
 */
record RunReport(Path folder) {
    /** Writes the page, if there is anything to show. */
    void write(String name) throws IOException {
        Path log = folder.resolve("log.jsonl");
        if (!Files.exists(log)) {
            return;
        }
        List<JsonNode> steps = new ArrayList<>();
        List<JsonNode> judgements = new ArrayList<>();
        for (String line : Files.readAllLines(log)) {
            JsonNode event = new JsonMapper().readTree(line);
            (event.path("kind").asText().equals("step") ? steps : judgements).add(event);
        }
        HtmlPage page = new HtmlPage("Training of " + name);
        page.heading("Loss");
        chart(
                page,
                "What is minimised",
                List.of(line("loss", steps, event -> event.path("loss").asDouble())));
        Set<String> terms = new LinkedHashSet<>();
        steps.forEach(event -> event.path("terms").fieldNames().forEachRemaining(terms::add));
        for (String term : terms) {
            chart(
                    page,
                    term,
                    List.of(line(
                            term, steps, event -> event.path("terms").path(term).asDouble(Double.NaN))));
        }
        page.heading("Optimiser");
        chart(
                page,
                "Norm of the gradient",
                List.of(line("norm", steps, event -> event.path("norm").asDouble())));
        chart(
                page,
                "Learning rate",
                List.of(line("rate", steps, event -> event.path("rate").asDouble())));
        if (steps.stream().anyMatch(event -> event.has("document_non_zeros"))) {
            page.heading("Sparsity");
            chart(
                    page,
                    "Non-zeros",
                    List.of(
                            line("queries", steps, number("query_non_zeros")),
                            line("documents", steps, number("document_non_zeros"))));
            chart(page, "FLOPs of a batch", List.of(line("FLOPs", steps, number("flops"))));
            chart(
                    page,
                    "Share of the documents in the longest posting list",
                    List.of(line("longest list", steps, number("longest_list"))));
        }
        if (!judgements.isEmpty()) {
            page.heading("Judgements");
            String metric = judgements.getFirst().path("metric").asText();
            chart(page, metric, List.of(line(metric, judgements, number("value"))));
            page.table(new ReportTable(
                    "Every judgement",
                    List.of("step", metric, "non-zeros of queries", "of documents", "FLOPs", "longest list", "best"),
                    judgements.stream().map(RunReport::row).toList()));
        }
        Files.writeString(folder.resolve("report.html"), page.html());
    }

    private static ToDoubleFunction<JsonNode> number(String key) {
        return event -> event.path(key).asDouble(Double.NaN);
    }

    private static Layer line(String name, List<JsonNode> events, ToDoubleFunction<JsonNode> value) {
        return new Layer.Line(
                name,
                events.stream()
                        .mapToDouble(event -> event.path("step").asDouble())
                        .toArray(),
                events.stream().mapToDouble(value).toArray());
    }

    private static void chart(HtmlPage page, String title, List<Layer> layers) {
        page.chart(new Chart(title, Axis.linear("step"), Axis.linear(""), layers));
    }

    private static List<String> row(JsonNode judgement) {
        return List.of(
                judgement.path("step").asText(),
                "%.4f".formatted(judgement.path("value").asDouble()),
                "%.1f".formatted(judgement.path("query_non_zeros").asDouble()),
                "%.1f".formatted(judgement.path("document_non_zeros").asDouble()),
                "%.2f".formatted(judgement.path("flops").asDouble()),
                "%.3f".formatted(judgement.path("longest_list").asDouble()),
                judgement.path("best").asBoolean() ? "yes" : "");
    }
}
