package io.millrace.deploy.plot;

import java.util.List;

/**
 * A chart: what lies on two axes.
 *
 * @param title what it shows
 * @param x horizontal axis
 * @param y vertical axis
 * @param layers what is drawn, the last on top
 */
public record Chart(String title, Axis x, Axis y, List<Layer> layers) {
    /** Copies the layers. */
    public Chart {
        layers = List.copyOf(layers);
    }

    /** This chart as one {@code <svg>} element, which can stand in a page or alone in a file. */
    public String toSvg() {
        return new SvgChart(this).draw();
    }
}
