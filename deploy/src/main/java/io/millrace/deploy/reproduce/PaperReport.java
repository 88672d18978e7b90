package io.millrace.deploy.reproduce;

import io.millrace.deploy.eval.VectorCosts;
import io.millrace.deploy.plot.Axis;
import io.millrace.deploy.plot.Chart;
import io.millrace.deploy.plot.HtmlPage;
import io.millrace.deploy.plot.Layer;
import io.millrace.deploy.plot.ReportTable;
import io.millrace.evaluation.Evaluation;
import io.millrace.evaluation.Metric;
import io.millrace.evaluation.trec.PrintedFigure;
import io.millrace.trainer.teacher.ScoreStatistics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tables and figures, as Markdown, HTML and JSON. A row without weights is named with what it lacks and has no figures.
 *
 * @param collection what was measured on
 * @param results by row; rows that are not there were not come to yet
 * @param figures what the figures are drawn from
 * @param teacherDepth documents that teachers ranked anew
 */
record PaperReport(PaperCollection collection, Map<PaperRow, RowResult> results, Figures figures, int teacherDepth) {
    private static final String TITLE =
            "Leveraging Decoder Architectures for Learned Sparse Retrieval: tables and figures on this collection";
    private static final String NONE = "–";
    private static final int SHOWN_TERMS = 10;
    private static final int HISTOGRAM_BARS = 40;

    private String note() {
        return "Measured on " + collection.all().name()
                + " by trec_eval's definitions. Where a split has grades above 1, all but"
                + " nDCG count documents of grade 2 and more as relevant. FLOPs: products that a query and a document have in"
                + " common, on average. Teachers rank BM25's first " + teacherDepth
                + " documents anew, EPIC its first 400."
                + " Nothing is taken from the paper: rows whose weights were not given have no figures.";
    }

    private ReportTable table(PaperTable table) {
        List<String> header = new ArrayList<>(List.of("row"));
        for (PaperCollection.Split split : collection.splits()) {
            split.metrics().forEach(metric -> header.add(split.name() + " " + metric.name()));
        }
        header.addAll(List.of("FLOPs", "terms/query", "terms/doc", "note"));
        List<List<String>> rows = new ArrayList<>();
        for (PaperRow row : table.rows()) {
            List<String> cells = new ArrayList<>(List.of(row.name()));
            RowResult result = results.get(row);
            for (PaperCollection.Split split : collection.splits()) {
                for (Metric metric : split.metrics()) {
                    cells.add(
                            result instanceof RowResult.Measured measured
                                    ? PrintedFigure.of(
                                            evaluation(measured, split).mean(metric))
                                    : NONE);
                }
            }
            cells.addAll(
                    result instanceof RowResult.Measured measured
                            ? measured.costs().map(PaperReport::costs).orElse(List.of(NONE, NONE, NONE))
                            : List.of(NONE, NONE, NONE));
            cells.add(remark(result));
            rows.add(cells);
        }
        return new ReportTable("Table " + table.number() + ". " + table.title(), header, rows);
    }

    private static Evaluation evaluation(RowResult.Measured measured, PaperCollection.Split split) {
        Evaluation evaluation = measured.evaluations().get(split.name());
        if (evaluation == null) {
            throw new IllegalStateException("the split " + split.name() + " was not judged");
        }
        return evaluation;
    }

    private static List<String> costs(VectorCosts costs) {
        return List.of(
                String.format(Locale.ROOT, "%.3f", costs.flops()),
                String.format(Locale.ROOT, "%.1f", costs.queryNonZeros()),
                String.format(Locale.ROOT, "%.1f", costs.documentNonZeros()));
    }

    private static String remark(@Nullable RowResult result) {
        return switch (result) {
            case null -> "not measured yet";
            case RowResult.Measured _ -> "";
            case RowResult.Missing(String weights) -> "missing: " + weights + "/";
            case RowResult.Failed(String reason) -> "failed: " + reason;
        };
    }

    private ReportTable termsTable() {
        List<List<String>> rows = new ArrayList<>();
        figures.vectors()
                .forEach((row, vector) -> rows.add(List.of(
                        row.name(),
                        Integer.toString(vector.tokens()),
                        Integer.toString(vector.terms().size()),
                        vector.terms().stream()
                                .limit(SHOWN_TERMS)
                                .map(term -> String.format(Locale.ROOT, "%s %.2f", term.term(), term.weight()))
                                .collect(Collectors.joining(", ")))));
        return new ReportTable(
                "Figure 1. Terms of one text: \"" + figures.text() + "\"",
                List.of("row", "tokens", "terms", "heaviest"),
                rows);
    }

    private Chart termsChart() {
        List<Layer> layers = new ArrayList<>();
        figures.vectors().forEach((row, vector) -> {
            double[] ranks = new double[vector.terms().size()];
            double[] weights = new double[ranks.length];
            for (int i = 0; i < ranks.length; i++) {
                ranks[i] = i + 1.0;
                weights[i] = vector.terms().get(i).weight();
            }
            layers.add(new Layer.Line(row.name(), ranks, weights));
        });
        return new Chart(
                "Figure 1. Weights of one text's terms", Axis.log("rank of the term"), Axis.linear("weight"), layers);
    }

    private static Chart scoresChart(Figures.TeacherScores scores) {
        return new Chart(
                "Figure 3. Teachers' scores before and after the affine map",
                Axis.linear("score"),
                Axis.linear("pairs"),
                List.of(
                        Layer.Bars.histogram("MiniLM-L-6", scores.reference(), HISTOGRAM_BARS),
                        Layer.Bars.histogram("RankLLaMA", scores.before(), HISTOGRAM_BARS),
                        Layer.Bars.histogram("RankLLaMA, mapped", scores.after(), HISTOGRAM_BARS)));
    }

    private String scoresText() {
        return figures.teacherScores()
                .map(scores -> String.format(
                        Locale.ROOT,
                        "Figure 3. %d pairs. MiniLM-L-6: mean %.3f, deviation %.3f. RankLLaMA: mean %.3f, deviation %.3f;"
                                + " mapped by %.4f · x %+.4f to mean %.3f, deviation %.3f.",
                        scores.before().length,
                        ScoreStatistics.of(scores.reference()).mean(),
                        ScoreStatistics.of(scores.reference()).standardDeviation(),
                        ScoreStatistics.of(scores.before()).mean(),
                        ScoreStatistics.of(scores.before()).standardDeviation(),
                        scores.map().scale(),
                        scores.map().shift(),
                        ScoreStatistics.of(scores.after()).mean(),
                        ScoreStatistics.of(scores.after()).standardDeviation()))
                .orElseGet(() -> "Figure 3 needs both teachers' scores; missing: "
                        + (figures.missingTeachers().isEmpty()
                                ? "scores that differ"
                                : String.join(", ", figures.missingTeachers())));
    }

    String markdown() {
        StringBuilder text = new StringBuilder("# " + TITLE + "\n\n" + note() + "\n");
        PaperTable.ALL.forEach(table -> text.append('\n').append(table(table).markdown()));
        text.append('\n')
                .append(termsTable().markdown())
                .append('\n')
                .append(scoresText())
                .append('\n');
        return text.toString();
    }

    String html() {
        HtmlPage page = new HtmlPage(TITLE).paragraph(note());
        for (PaperTable table : PaperTable.ALL) {
            page.table(table(table));
        }
        page.table(termsTable());
        page.chart(termsChart()).paragraph(scoresText());
        figures.teacherScores().ifPresent(scores -> page.chart(scoresChart(scores)));
        return page.html();
    }

    Map<String, Object> json() {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("collection", collection.all().name());
        report.put(
                "splits",
                collection.splits().stream().map(PaperCollection.Split::name).toList());
        report.put(
                "tables",
                PaperTable.ALL.stream()
                        .map(table -> Map.of(
                                "number",
                                table.number(),
                                "title",
                                table.title(),
                                "rows",
                                table.rows().stream().map(this::row).toList()))
                        .toList());
        report.put("figure1", terms());
        figures.teacherScores().ifPresent(scores -> report.put("figure3", teachers(scores)));
        report.put("missing", missing());
        report.put("failed", failed());
        return report;
    }

    private Map<String, Object> row(PaperRow row) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("row", row.name());
        fields.put("weights", row.weights());
        if (results.get(row) instanceof RowResult.Measured(Map<String, Evaluation> evaluations, var costs)) {
            evaluations.forEach((split, evaluation) -> fields.put(split, evaluation.means()));
            costs.ifPresent(measured -> fields.put("costs", measured));
        } else {
            fields.put("note", remark(results.get(row)));
        }
        return fields;
    }

    private Map<String, Object> terms() {
        Map<String, Object> rows = new LinkedHashMap<>();
        figures.vectors().forEach((row, vector) -> rows.put(row.name(), vector));
        return Map.of("text", figures.text(), "rows", rows);
    }

    private static Map<String, Object> teachers(Figures.TeacherScores scores) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("pairs", scores.before().length);
        fields.put("map", scores.map());
        fields.put("reference", distribution(scores.reference()));
        fields.put("before", distribution(scores.before()));
        fields.put("after", distribution(scores.after()));
        return fields;
    }

    private static Map<String, Object> distribution(double[] scores) {
        Layer.Bars bars = Layer.Bars.histogram("scores", scores, HISTOGRAM_BARS);
        return Map.of(
                "mean",
                ScoreStatistics.of(scores).mean(),
                "deviation",
                ScoreStatistics.of(scores).standardDeviation(),
                "edges",
                bars.x(),
                "counts",
                bars.y());
    }

    /** Folders of weights that were not there. */
    List<String> missing() {
        return results.values().stream()
                .flatMap(result ->
                        result instanceof RowResult.Missing(String weights) ? Stream.of(weights) : Stream.empty())
                .toList();
    }

    /** Rows that could not be measured, each with its reason. */
    Map<String, String> failed() {
        Map<String, String> failed = new LinkedHashMap<>();
        results.forEach((row, result) -> {
            if (result instanceof RowResult.Failed(String reason)) {
                failed.put(row.name(), reason);
            }
        });
        return failed;
    }
}
