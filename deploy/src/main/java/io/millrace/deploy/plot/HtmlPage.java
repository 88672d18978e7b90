package io.millrace.deploy.plot;

import static io.millrace.deploy.plot.Markup.escape;

import java.util.List;

/** A page in one file: headings, paragraphs, tables and charts, in the order in which they were added. For one thread. */
public final class HtmlPage {
    private static final String STYLE = """
            :root { color-scheme: light dark; }
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
            table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
            caption { text-align: left; font-weight: 600; padding: .3rem 0; }
            th, td { padding: .25rem .7rem; border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
            td { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
            th { text-align: left; font-weight: 600; }
            svg { max-width: 100%; height: auto; display: block; margin: 1.2rem 0; }
            """;

    private final StringBuilder body = new StringBuilder();
    private final String title;

    /** An empty page. */
    public HtmlPage(String title) {
        this.title = title;
        body.append("<h1>").append(escape(title)).append("</h1>\n");
    }

    /** Begins a section. */
    public HtmlPage heading(String text) {
        body.append("<h2>").append(escape(text)).append("</h2>\n");
        return this;
    }

    /** Adds a paragraph. */
    public HtmlPage paragraph(String text) {
        body.append("<p>").append(escape(text)).append("</p>\n");
        return this;
    }

    /** Adds a table; the first cell of each row names it. */
    public HtmlPage table(ReportTable table) {
        body.append("<table>\n<caption>").append(escape(table.caption())).append("</caption>\n<thead><tr>");
        table.header()
                .forEach(name ->
                        body.append("<th scope=\"col\">").append(escape(name)).append("</th>"));
        body.append("</tr></thead>\n<tbody>\n");
        for (List<String> row : table.rows()) {
            body.append("<tr><th scope=\"row\">").append(escape(row.getFirst())).append("</th>");
            row.stream()
                    .skip(1)
                    .forEach(cell -> body.append("<td>").append(escape(cell)).append("</td>"));
            body.append("</tr>\n");
        }
        body.append("</tbody>\n</table>\n");
        return this;
    }

    /** Adds a chart. */
    public HtmlPage chart(Chart chart) {
        body.append("<figure>\n").append(chart.toSvg()).append("</figure>\n");
        return this;
    }

    /** The whole page. */
    public String html() {
        return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" + escape(title)
                + "</title>\n<style>\n" + STYLE + "</style>\n</head>\n<body>\n" + body + "</body>\n</html>\n";
    }
}
