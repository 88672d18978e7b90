package io.millrace.deploy.eval;

import io.millrace.deploy.plot.Axis;
import io.millrace.deploy.plot.Chart;
import io.millrace.deploy.plot.HtmlPage;
import io.millrace.deploy.plot.Layer;
import io.millrace.deploy.plot.ReportTable;
import io.millrace.evaluation.Evaluation;
import io.millrace.evaluation.Metric;
import io.millrace.evaluation.trec.PrintedFigure;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Systems side by side.
 *
 * @param collections what they were judged on
 * @param comparisons of each with the first
 */
record EvalReport(List<JudgedCollection> collections, List<Comparison> comparisons) {
    private static final String NOT_MEASURED = "–";

    private static final String NOTE =
            "Metrics are means over all judged queries, as trec_eval computes them. FLOPs are the products that a query and a"
                    + " document have in common, on average. Search times were measured in this run, one query at a time after a"
                    + " warm-up: scatter, gather and merge, without encoding. p-values compare with the first system, two-sided,"
                    + " corrected by Holm over all comparisons of this report.";

    static EvalReport of(List<JudgedCollection> collections) {
        return new EvalReport(List.copyOf(collections), Comparison.all(collections));
    }

    List<ReportTable> tables() {
        List<ReportTable> tables = new ArrayList<>();
        collections.forEach(judged -> tables.add(systems(judged)));
        if (!comparisons.isEmpty()) {
            tables.add(new ReportTable(
                    "Against " + comparisons.getFirst().baseline(),
                    List.of(
                            "system",
                            "collection",
                            "metric",
                            "difference",
                            "p t-test",
                            "p t-test, Holm",
                            "p randomisation",
                            "p randomisation, Holm"),
                    comparisons.stream()
                            .map(c -> List.of(
                                    c.system(),
                                    c.collection(),
                                    c.metric(),
                                    (c.difference() < 0 ? "" : "+") + PrintedFigure.of(c.difference()),
                                    p(c.tTest()),
                                    p(c.tTestHolm()),
                                    p(c.randomization()),
                                    p(c.randomizationHolm())))
                            .toList()));
        }
        return tables;
    }

    private static ReportTable systems(JudgedCollection judged) {
        List<String> header = new ArrayList<>(List.of("system"));
        judged.metrics().forEach(metric -> header.add(metric.name()));
        header.addAll(List.of("terms/query", "terms/doc", "FLOPs", "search p50 ms", "p99 ms"));
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < judged.runs().size(); i++) {
            List<String> row = new ArrayList<>(List.of(judged.runs().get(i).system()));
            for (Metric metric : judged.metrics()) {
                row.add(PrintedFigure.of(judged.evaluations().get(i).mean(metric)));
            }
            row.addAll(judged.runs()
                    .get(i)
                    .costs()
                    .map(costs -> List.of(
                            number("%.1f", costs.queryNonZeros()),
                            number("%.1f", costs.documentNonZeros()),
                            number("%.3f", costs.flops()),
                            number("%.2f", costs.latency().searchP50()),
                            number("%.2f", costs.latency().searchP99())))
                    .orElse(Collections.nCopies(5, NOT_MEASURED)));
            rows.add(row);
        }
        return new ReportTable(
                judged.collection().name() + ", "
                        + judged.collection().qrels().queryIds().size() + " judged queries",
                header,
                rows);
    }

    private static String number(String form, double value) {
        return String.format(Locale.ROOT, form, value);
    }

    private static String p(double p) {
        return p < 1e-4 ? number("%.1e", p) : number("%.4f", p);
    }

    Map<String, Object> json() {
        Map<String, Object> report = new LinkedHashMap<>();
        List<Map<String, Object>> all = new ArrayList<>();
        for (JudgedCollection judged : collections) {
            List<Map<String, Object>> systems = new ArrayList<>();
            for (int i = 0; i < judged.runs().size(); i++) {
                systems.add(system(judged.runs().get(i), judged.evaluations().get(i)));
            }
            Map<String, Object> collection = new LinkedHashMap<>();
            collection.put("collection", judged.collection().name());
            collection.put(
                    "judgedQueries", judged.collection().qrels().queryIds().size());
            collection.put("systems", systems);
            all.add(collection);
        }
        report.put("collections", all);
        report.put("comparisons", comparisons.stream().map(Comparison::toJson).toList());
        return report;
    }

    /** One system on one collection, for JSON. */
    static Map<String, Object> system(SystemRun run, Evaluation evaluation) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("system", run.system());
        fields.putAll(figures(run, evaluation));
        return fields;
    }

    /** Metrics, counts and costs. */
    static Map<String, Object> figures(SystemRun run, Evaluation evaluation) {
        Map<String, Object> fields = new LinkedHashMap<>(evaluation.means());
        fields.putAll(run.counts());
        run.costs().ifPresent(costs -> fields.putAll(costs.toJson()));
        return fields;
    }

    String html() {
        HtmlPage page = new HtmlPage("Evaluation").paragraph(NOTE);
        List<ReportTable> tables = tables();
        for (int i = 0; i < collections.size(); i++) {
            JudgedCollection judged = collections.get(i);
            page.heading(judged.collection().name());
            page.table(tables.get(i));
            plot(page, judged, "FLOPs (products a query and document)", VectorCosts::flops);
            plot(page, judged, "search p50, ms", costs -> costs.latency().searchP50());
        }
        if (tables.size() > collections.size()) {
            page.heading("Significance");
            page.table(tables.getLast());
        }
        return page.html();
    }

    private static void plot(HtmlPage page, JudgedCollection judged, String axis, ToDoubleFunction<VectorCosts> cost) {
        Metric metric = judged.metrics().getFirst();
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < judged.runs().size(); i++) {
            SystemRun run = judged.runs().get(i);
            double mean = judged.evaluations().get(i).mean(metric);
            run.costs().ifPresent(costs -> layers.add(Layer.Points.one(run.system(), cost.applyAsDouble(costs), mean)));
        }
        if (!layers.isEmpty()) {
            page.chart(new Chart(
                    judged.collection().name() + ": " + metric.name() + " against " + axis,
                    Axis.log(axis),
                    Axis.linear(metric.name()),
                    layers));
        }
    }
}
