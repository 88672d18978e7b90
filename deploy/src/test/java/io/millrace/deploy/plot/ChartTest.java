package io.millrace.deploy.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class ChartTest {
    private static Document parse(String xml) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<Element> elements(Document svg, String name) {
        NodeList nodes = svg.getElementsByTagName(name);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .toList();
    }

    private static List<String> texts(Document svg) {
        return elements(svg, "text").stream().map(Element::getTextContent).toList();
    }

    @Test
    void namesEverythingItShows() throws Exception {
        Chart chart = new Chart(
                "Cost & <effect>",
                Axis.log("FLOPs"),
                Axis.linear("nDCG@10"),
                List.of(Layer.Points.one("ours \"1\"", 0.5, 0.64), Layer.Points.one("bm25", 200, 0.68)));
        Document svg = parse(chart.toSvg());
        assertThat(svg.getDocumentElement().getAttribute("role")).isEqualTo("img");
        assertThat(elements(svg, "title").getFirst().getTextContent()).isEqualTo("Cost & <effect>");
        assertThat(elements(svg, "desc").getFirst().getTextContent())
                .contains("nDCG@10 against FLOPs")
                .contains("ours \"1\": 0.5000 → 0.6400");
        assertThat(texts(svg)).contains("FLOPs (log scale)", "nDCG@10", "1", "10", "100");
        // Once beside the mark and once in the legend.
        assertThat(texts(svg).stream().filter("bm25"::equals)).hasSize(2);
    }

    @Test
    void marksLieWhereTheirValuesAre() throws Exception {
        Chart chart = new Chart(
                "t",
                Axis.log("x"),
                Axis.linear("y"),
                List.of(new Layer.Points("p", new double[] {1, 10, 100}, new double[] {0, 1, 2})));
        List<double[]> places = new ArrayList<>();
        Pattern translate = Pattern.compile("translate\\(([-.0-9]+) ([-.0-9]+)\\)");
        for (Element path : elements(parse(chart.toSvg()), "path")) {
            var matcher = translate.matcher(path.getAttribute("transform"));
            if (matcher.matches() && path.getElementsByTagName("title").getLength() == 1) {
                places.add(new double[] {Double.parseDouble(matcher.group(1)), Double.parseDouble(matcher.group(2))});
            }
        }
        assertThat(places).hasSize(3);
        // Powers of ten are as far apart as steps of one are, and up is less.
        assertThat(places.get(1)[0] - places.get(0)[0]).isCloseTo(places.get(2)[0] - places.get(1)[0], within(0.2));
        assertThat(places.get(0)[1] - places.get(1)[1])
                .isCloseTo(places.get(1)[1] - places.get(2)[1], within(0.2))
                .isPositive();
    }

    @Test
    void drawsWhateverItIsGiven() throws Exception {
        Random random = new Random(3);
        double[] odd = {Double.NaN, Double.POSITIVE_INFINITY, -1e300, 1e300, 0, -0.0, 1e-300, 5, Double.MIN_VALUE, 7};
        for (int round = 0; round < 300; round++) {
            List<Layer> layers = new ArrayList<>();
            for (int i = random.nextInt(12); i > 0; i--) {
                int size = random.nextInt(5);
                double scale = Math.pow(10, random.nextInt(13) - 6);
                double[] x = random.doubles(size + 1, -scale, scale).sorted().toArray();
                double[] y = DoubleStream.generate(() -> random.nextInt(3) == 0 ? odd[random.nextInt(10)] : scale)
                        .limit(size + 1)
                        .toArray();
                layers.add(
                        switch (random.nextInt(3)) {
                            case 0 -> new Layer.Line("l" + i, x, y);
                            case 1 -> new Layer.Points("p" + i, y, x);
                            default -> new Layer.Bars("b" + i, x, java.util.Arrays.copyOf(y, size));
                        });
            }
            Axis.Scale[] scales = Axis.Scale.values();
            String svg = new Chart(
                            "t",
                            new Axis("x", scales[random.nextInt(2)]),
                            new Axis("y", scales[random.nextInt(2)]),
                            layers)
                    .toSvg();
            parse(svg);
            assertThat(svg.replaceAll("<desc>.*?</desc>", "").replaceAll("<title>.*?</title>", ""))
                    .doesNotContain("NaN")
                    .doesNotContain("Infinity");
        }
    }

    @Test
    void longCurvesKeepTheirPeaksAndStaySmall() {
        double[] x = IntStream.range(0, 200_000).asDoubleStream().toArray();
        double[] y = new double[x.length];
        y[123_457] = 1;
        Chart chart = new Chart("t", Axis.linear("step"), Axis.linear("loss"), List.of(new Layer.Line("run", x, y)));
        String svg = chart.toSvg();
        assertThat(svg.length()).isLessThan(60_000);
        assertThat(svg).contains("run: 200000 values");
        // The peak's place: 5 % of the range below the top of the plot.
        double top = 36 + 340 * 0.05 / 1.1;
        assertThat(svg).contains(Markup.pixel(top));
    }

    @Test
    void histogramsCountEveryValueOnce() {
        Layer.Bars bars = Layer.Bars.histogram("h", new double[] {0, 1, 1.5, 4, 4}, 4);
        assertThat(bars.x()).containsExactly(0, 1, 2, 3, 4);
        assertThat(bars.y()).containsExactly(1, 2, 0, 2);
        assertThat(Layer.Bars.histogram("same", new double[] {3, 3}, 3).y()).containsExactly(0, 2, 0);
        assertThatThrownBy(() -> Layer.Bars.histogram("none", new double[0], 3))
                .hasMessageContaining("'none' has 3 and 0");
        assertThatThrownBy(() -> Layer.Bars.histogram("nan", new double[] {Double.NaN}, 3))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Layer.Line("l", new double[2], new double[3]))
                .hasMessageContaining("'l' has 2");
    }

    @Test
    void ticksAreRoundAndWithinTheRange() {
        Random random = new Random(4);
        for (int round = 0; round < 2_000; round++) {
            double scale = Math.pow(10, random.nextInt(17) - 8);
            double least = random.nextDouble() * scale;
            double largest = least + random.nextDouble() * scale * 10 + scale / 100;
            Axis axis = round % 2 == 0 ? Axis.linear("x") : Axis.log("x");
            AxisRange range = AxisRange.of(axis, DoubleStream.of(least, largest));
            List<AxisRange.Tick> ticks = range.ticks();
            assertThat(ticks.size()).as("%s", range).isBetween(2, 14);
            assertThat(ticks.stream().map(AxisRange.Tick::label).distinct()).hasSameSizeAs(ticks);
            for (AxisRange.Tick tick : ticks) {
                assertThat(range.share(tick.value())).isBetween(-1e-9, 1 + 1e-9);
                assertThat(Double.parseDouble(tick.label())).isCloseTo(tick.value(), within(scale));
            }
        }
    }

    @Test
    void aPageIsOneFileInWhichNothingIsFetchedAndNothingRuns() {
        String html = new HtmlPage("A <page>")
                .heading("h & h")
                .paragraph("<script>alert(1)</script>")
                .table(new ReportTable("c", List.of("a", "b"), List.of(List.of("<i>", "\u0000"))))
                .chart(new Chart("t", Axis.linear("x"), Axis.linear("y"), List.of()))
                .html();
        assertThat(html)
                .contains(
                        "<title>A &lt;page&gt;</title>",
                        "h &amp; h",
                        "&lt;script&gt;",
                        "<th scope=\"row\">&lt;i&gt;</th>")
                .doesNotContain("<script", "src=", "href=", "@import", "url(");
        assertThatThrownBy(() -> new ReportTable("c", List.of("a"), List.of(List.of("1", "2"))))
                .hasMessageContaining("1 columns and a row of 2");
    }

    @Test
    void tablesAreAlignedForTerminalsAndHarmlessInMarkdown() {
        ReportTable table = new ReportTable(
                "t", List.of("system", "nDCG"), List.of(List.of("é|b", "0.5"), List.of("long name", "0.25")));
        assertThat(table.text()).containsExactly("t", "system     nDCG", "é|b         0.5", "long name  0.25");
        assertThat(table.markdown())
                .isEqualTo("**t**\n\n| system | nDCG |\n|---|---:|\n| é\\|b | 0.5 |\n| long name | 0.25 |\n");
    }
}
