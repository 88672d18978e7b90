package io.millrace.deploy.plot;

import static io.millrace.deploy.plot.Markup.escape;
import static io.millrace.deploy.plot.Markup.figure;
import static io.millrace.deploy.plot.Markup.pixel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Draws one chart. Axes and text take the colour of the page; layers differ by colour and by dash or mark, so that they can be told
 * apart without colours. Title and figures are there as text for those who do not see them.
 */
final class SvgChart {
    private static final int WIDTH = 760;
    private static final int PLOT_HEIGHT = 340;
    private static final int LEFT = 70;
    private static final int TOP = 36;
    private static final int RIGHT = 20;
    private static final int BELOW = 52;
    private static final int LEGEND_ROW = 20;
    private static final int CHARACTER = 7;
    // Okabe and Ito's palette, which people with any kind of colour vision can tell apart; its yellow is too light for
    // lines.
    private static final List<String> COLORS =
            List.of("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#7F7F7F");
    private static final List<String> DASHES = List.of("none", "7 3", "2 3", "9 3 2 3", "12 4");
    // More points than pixels say nothing: of each column the least and the largest value stay.
    private static final int MOST_POINTS = 1_400;
    private static final int DESCRIBED = 40;

    private final Chart chart;
    private final AxisRange x;
    private final AxisRange y;
    private final List<LabelPlace> taken = new ArrayList<>();
    private final StringBuilder out = new StringBuilder();

    /** A rectangle of the drawing that holds a mark or a label. */
    private record LabelPlace(double left, double top, double right, double bottom) {
        boolean meets(LabelPlace other) {
            return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
        }
    }

    SvgChart(Chart chart) {
        this.chart = chart;
        boolean bars = chart.layers().stream().anyMatch(Layer.Bars.class::isInstance);
        this.x = AxisRange.of(chart.x(), chart.layers().stream().flatMapToDouble(layer -> Arrays.stream(layer.x())));
        AxisRange vertical =
                AxisRange.of(chart.y(), chart.layers().stream().flatMapToDouble(layer -> Arrays.stream(layer.y())));
        this.y = bars ? vertical.fromZero() : vertical;
    }

    String draw() {
        List<List<Integer>> legend = legendRows();
        int height = TOP + PLOT_HEIGHT + BELOW + legend.size() * LEGEND_ROW;
        out.append(
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
                                .formatted(WIDTH, height, WIDTH, height))
                .append("font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"currentColor\">\n")
                .append("<title>")
                .append(escape(chart.title()))
                .append("</title>\n")
                .append("<desc>")
                .append(escape(description()))
                .append("</desc>\n");
        text(LEFT, 20, "start", " font-weight=\"600\" font-size=\"14\"", chart.title());
        axes();
        for (int i = 0; i < chart.layers().size(); i++) {
            layer(i);
        }
        labels();
        legend(legend);
        return out.append("</svg>\n").toString();
    }

    private String description() {
        String layers = chart.layers().stream()
                .map(layer -> layer.name() + ": " + values(layer))
                .collect(Collectors.joining("; "));
        return chart.y().title() + " against " + chart.x().title() + ". " + layers;
    }

    private static String values(Layer layer) {
        int count = layer.y().length;
        if (count > DESCRIBED) {
            return count + " values, the last " + figure(layer.y()[count - 1]);
        }
        StringBuilder values = new StringBuilder();
        for (int i = 0; i < count; i++) {
            values.append(i == 0 ? "" : ", ")
                    .append(figure(layer.x()[i]))
                    .append(" → ")
                    .append(figure(layer.y()[i]));
        }
        return values.toString();
    }

    private double px(double value) {
        return LEFT + x.share(value) * (WIDTH - LEFT - RIGHT);
    }

    private double py(double value) {
        return TOP + (1 - y.share(value)) * PLOT_HEIGHT;
    }

    private void axes() {
        int bottom = TOP + PLOT_HEIGHT;
        for (AxisRange.Tick tick : x.ticks()) {
            double at = px(tick.value());
            line(at, TOP, at, bottom, "stroke-opacity=\"0.12\"");
            text(at, bottom + 17, "middle", "", tick.label());
        }
        for (AxisRange.Tick tick : y.ticks()) {
            double at = py(tick.value());
            line(LEFT, at, WIDTH - RIGHT, at, "stroke-opacity=\"0.12\"");
            text(LEFT - 7, at + 4, "end", "", tick.label());
        }
        line(LEFT, bottom, WIDTH - RIGHT, bottom, "stroke-opacity=\"0.6\"");
        line(LEFT, TOP, LEFT, bottom, "stroke-opacity=\"0.6\"");
        text((LEFT + WIDTH - RIGHT) / 2.0, bottom + 38, "middle", "", named(chart.x()));
        int middle = TOP + PLOT_HEIGHT / 2;
        text(18, middle, "middle", " transform=\"rotate(-90 18 " + middle + ")\"", named(chart.y()));
    }

    private static String named(Axis axis) {
        return axis.scale() == Axis.Scale.LOG ? axis.title() + " (log scale)" : axis.title();
    }

    private void layer(int index) {
        switch (chart.layers().get(index)) {
            case Layer.Line line -> polyline(line, index);
            case Layer.Points points -> points(points, index);
            case Layer.Bars bars -> bars(bars, index);
        }
    }

    private static String color(int index) {
        return COLORS.get(index % COLORS.size());
    }

    private static String dash(int index) {
        return DASHES.get(index / COLORS.size() % DASHES.size());
    }

    private void polyline(Layer.Line line, int index) {
        int[] kept = kept(line);
        StringBuilder path = new StringBuilder();
        boolean drawing = false;
        for (int i : kept) {
            boolean shown = chart.x().shows(line.x()[i]) && chart.y().shows(line.y()[i]);
            if (shown) {
                path.append(drawing ? "L" : "M")
                        .append(pixel(px(line.x()[i])))
                        .append(' ')
                        .append(pixel(py(line.y()[i])));
            }
            drawing = shown;
        }
        out.append(
                "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" stroke-linejoin=\"round\" stroke-dasharray=\"%s\" d=\"%s\"/>\n"
                        .formatted(color(index), dash(index), path));
    }

    /** Points that are drawn: all, or of each of so many stretches the least and the largest, in their order. */
    private static int[] kept(Layer.Line line) {
        int count = line.y().length;
        if (count <= MOST_POINTS) {
            return IntStream.range(0, count).toArray();
        }
        int stretches = MOST_POINTS / 2;
        int[] kept = new int[2 * stretches];
        for (int s = 0; s < stretches; s++) {
            int from = (int) ((long) count * s / stretches);
            int to = (int) ((long) count * (s + 1) / stretches);
            int least = from;
            int largest = from;
            for (int i = from + 1; i < to; i++) {
                least = line.y()[i] < line.y()[least] ? i : least;
                largest = line.y()[i] > line.y()[largest] ? i : largest;
            }
            kept[2 * s] = Math.min(least, largest);
            kept[2 * s + 1] = Math.max(least, largest);
        }
        return kept;
    }

    private void points(Layer.Points points, int index) {
        for (int i = 0; i < points.x().length; i++) {
            if (chart.x().shows(points.x()[i]) && chart.y().shows(points.y()[i])) {
                double cx = px(points.x()[i]);
                double cy = py(points.y()[i]);
                out.append(mark(cx, cy, index))
                        .append("<title>")
                        .append(escape(points.name() + ": " + figure(points.x()[i]) + ", " + figure(points.y()[i])))
                        .append("</title></path>\n");
                taken.add(new LabelPlace(cx - 5, cy - 5, cx + 5, cy + 5));
            }
        }
    }

    /** A mark whose shape says as much as its colour; open, for the caller to close. */
    private static String mark(double cx, double cy, int index) {
        String shape = switch (index % 5) {
            case 0 -> "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z";
            case 1 -> "M-4.5 -4.5h9v9h-9z";
            case 2 -> "M0 -6L5.5 4.5H-5.5z";
            case 3 -> "M0 -6L6 0L0 6L-6 0z";
            default -> "M0 6L5.5 -4.5H-5.5z";
        };
        return "<path transform=\"translate(%s %s)\" fill=\"%s\" d=\"%s\">"
                .formatted(pixel(cx), pixel(cy), color(index), shape);
    }

    /** Where a bar's edge lies; one below what the axis shows is at its beginning. */
    private double edge(double value) {
        return chart.x().shows(value) ? px(value) : LEFT;
    }

    private void bars(Layer.Bars bars, int index) {
        double floor = py(Math.max(y.least(), 0));
        StringBuilder path = new StringBuilder("M" + pixel(edge(bars.x()[0])) + " " + pixel(floor));
        for (int i = 0; i < bars.y().length; i++) {
            double top = chart.y().shows(bars.y()[i]) ? py(bars.y()[i]) : floor;
            path.append("V").append(pixel(top)).append("H").append(pixel(edge(bars.x()[i + 1])));
        }
        path.append("V").append(pixel(floor)).append("z");
        out.append(
                "<path fill=\"%s\" fill-opacity=\"0.3\" stroke=\"%s\" stroke-width=\"1.2\" stroke-dasharray=\"%s\" d=\"%s\"/>\n"
                        .formatted(color(index), color(index), dash(index), path));
    }

    /** Names single marks where their names meet nothing; the legend names the others. */
    private void labels() {
        for (Layer layer : chart.layers()) {
            if (layer instanceof Layer.Points(String name, double[] px, double[] py)
                    && px.length == 1
                    && chart.x().shows(px[0])
                    && chart.y().shows(py[0])) {
                label(name, px(px[0]), py(py[0]));
            }
        }
    }

    private void label(String name, double cx, double cy) {
        double width = name.length() * (double) CHARACTER;
        for (double[] shift : new double[][] {{9, 4}, {-9 - width, 4}, {-width / 2, -10}, {-width / 2, 20}}) {
            double left = cx + shift[0];
            double base = cy + shift[1];
            LabelPlace place = new LabelPlace(left, base - 10, left + width, base + 3);
            boolean inside = left >= LEFT && place.right <= WIDTH && place.top >= TOP && base < TOP + PLOT_HEIGHT;
            if (inside && taken.stream().noneMatch(place::meets)) {
                taken.add(place);
                text(left, base, "start", "", name);
                return;
            }
        }
    }

    /** Layers by rows of the legend. */
    private List<List<Integer>> legendRows() {
        List<List<Integer>> rows = new ArrayList<>();
        double room = 0;
        for (int i = 0; i < chart.layers().size(); i++) {
            double width = legendWidth(i);
            if (rows.isEmpty() || room < width) {
                rows.add(new ArrayList<>());
                room = WIDTH - LEFT;
            }
            rows.getLast().add(i);
            room -= width;
        }
        return rows;
    }

    private double legendWidth(int index) {
        return 36 + chart.layers().get(index).name().length() * (double) CHARACTER;
    }

    private void legend(List<List<Integer>> rows) {
        double base = TOP + PLOT_HEIGHT + BELOW + 10.0;
        for (List<Integer> row : rows) {
            double left = LEFT;
            for (int index : row) {
                if (chart.layers().get(index) instanceof Layer.Points) {
                    out.append(mark(left + 10, base - 4, index)).append("</path>\n");
                } else {
                    out.append("<path stroke=\"%s\" stroke-width=\"2.5\" stroke-dasharray=\"%s\" d=\"M%s %sh20\"/>\n"
                            .formatted(color(index), dash(index), pixel(left), pixel(base - 4)));
                }
                text(left + 26, base, "start", "", chart.layers().get(index).name());
                left += legendWidth(index);
            }
            base += LEGEND_ROW;
        }
    }

    private void line(double x1, double y1, double x2, double y2, String attributes) {
        out.append("<path stroke=\"currentColor\" %s d=\"M%s %sL%s %s\"/>\n"
                .formatted(attributes, pixel(x1), pixel(y1), pixel(x2), pixel(y2)));
    }

    private void text(double left, double base, String anchor, String attributes, String text) {
        out.append("<text x=\"%s\" y=\"%s\" text-anchor=\"%s\"%s>%s</text>\n"
                .formatted(pixel(left), pixel(base), anchor, attributes, escape(text)));
    }
}
