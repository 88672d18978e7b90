package io.millrace.deploy.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A table of a report, for a terminal, for Markdown or for a page.
 *
 * @param caption what it shows
 * @param header names of the columns
 * @param rows cells; the first of each names the row
 */
public record ReportTable(String caption, List<String> header, List<List<String>> rows) {
    /** Copies both; refuses a row with another number of cells than there are columns. */
    public ReportTable {
        header = List.copyOf(header);
        rows = List.copyOf(rows);
        for (List<String> row : rows) {
            if (row.size() != header.size()) {
                throw new IllegalArgumentException("the table '" + caption + "' has " + header.size()
                        + " columns and a row of " + row.size() + ": " + row);
            }
        }
    }

    /** The table in columns of equal width, a line a row. */
    public List<String> text() {
        int[] widths = new int[header.size()];
        List<List<String>> lines = new ArrayList<>();
        lines.add(header);
        lines.addAll(rows);
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(
                        widths[i], line.get(i).codePointCount(0, line.get(i).length()));
            }
        }
        List<String> text = new ArrayList<>();
        text.add(caption);
        for (List<String> line : lines) {
            StringBuilder row = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String cell = line.get(i);
                String pad = " ".repeat(widths[i] - cell.codePointCount(0, cell.length()));
                row.append(i == 0 ? cell + pad : "  " + pad + cell);
            }
            text.add(row.toString().stripTrailing());
        }
        return text;
    }

    /** The table in Markdown. */
    public String markdown() {
        StringBuilder text = new StringBuilder("**").append(cell(caption)).append("**\n\n");
        text.append(line(header));
        text.append("|---").append("|---:".repeat(header.size() - 1)).append("|\n");
        rows.forEach(row -> text.append(line(row)));
        return text.toString();
    }

    private static String line(List<String> cells) {
        return cells.stream().map(ReportTable::cell).collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    /** A name must not end its cell, nor become markup. */
    private static String cell(String text) {
        return text.replaceAll("[\\r\\n]+", " ").replaceAll("([\\\\|*_<>`\\[\\]])", "\\\\$1");
    }
}
