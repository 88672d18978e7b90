package io.millrace.deploy.command;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.corpus.ReadQuery;
import io.millrace.evaluation.trec.RunLine;
import io.millrace.v1.BatchResult;
import io.millrace.v1.Hit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Shows what each of many queries found. */
final class ResultPrinter {
    /** Forms of output. */
    enum Form {
        /** For people: a line a hit. */
        TEXT,
        /** One object a query. */
        JSON,
        /** A run as trec_eval reads it: {@code query Q0 document rank score tag}. */
        TREC
    }

    private static final String RUN_TAG = "millrace";

    private final Console console;
    private final Form form;
    private boolean begun;

    ResultPrinter(Console console, Form form) {
        this.console = console;
        this.form = form;
    }

    /** Prints a query's result; one with an error only as JSON, since the other forms have no place for it. */
    void print(ReadQuery.Good query, BatchResult result) throws IOException {
        switch (form) {
            case TEXT -> printText(query, result);
            case JSON -> printJson(query, result);
            case TREC -> printTrec(query, result);
        }
    }

    private void printText(ReadQuery.Good query, BatchResult result) {
        if (!begun) {
            console.print(String.format(Locale.ROOT, "%-16s %5s %9s  %s", "query", "rank", "score", "document"));
            begun = true;
        }
        String id = HitPrinter.shorten(query.id(), 16);
        int rank = 1;
        for (Hit hit : result.getHitsList()) {
            String document = HitPrinter.shorten(hit.getId(), 512);
            console.print(String.format(Locale.ROOT, "%-16s %5d %9.3f  %s", id, rank++, hit.getScore(), document));
            if (hit.getMatchesCount() > 0) {
                console.print(" ".repeat(34) + HitPrinter.terms(hit.getMatchesList()));
            }
        }
        if (rank == 1 && !result.hasError()) {
            console.print(String.format(Locale.ROOT, "%-16s %5s %9s  %s", id, "-", "-", "nothing found"));
        }
    }

    private void printJson(ReadQuery.Good query, BatchResult result) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("query", query.id());
        if (result.hasError()) {
            fields.put("error", result.getError().getMessage());
            console.printJson(fields);
            return;
        }
        List<Map<String, Object>> hits = new ArrayList<>();
        for (Hit hit : result.getHitsList()) {
            Map<String, Object> shown = new LinkedHashMap<>();
            shown.put("rank", hits.size() + 1);
            shown.put("id", hit.getId());
            shown.put("score", hit.getScore());
            HitPrinter.addMatches(shown, hit);
            hits.add(shown);
        }
        fields.put("hits", hits);
        fields.put("queryTerms", result.getQueryTerms());
        fields.put("queryTruncatedTokens", result.getQueryTruncatedTokens());
        console.printJson(fields);
    }

    private void printTrec(ReadQuery.Good query, BatchResult result) throws IOException {
        int rank = 1;
        try {
            for (Hit hit : result.getHitsList()) {
                console.print(new RunLine(query.id(), hit.getId(), rank++, hit.getScore(), RUN_TAG).text());
            }
        } catch (IllegalArgumentException unfit) {
            throw new IOException(unfit.getMessage() + "; use -o json", unfit);
        }
    }
}
