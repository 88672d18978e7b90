package io.millrace.deploy.command;

import io.millrace.deploy.cli.Console;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.Hit;
import io.millrace.v1.SearchResponse;
import io.millrace.v1.TermMatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Shows what a search found. A hit is headed by its title, else by the metadata field {@code name} (which, unlike a
 * title, is not encoded), else by its id.
 */
public final class HitPrinter {
    private static final int TEXT_CHARACTERS = 160;
    private static final int TERMS = 8;

    private final Console console;

    /** Prints to a console. */
    public HitPrinter(Console console) {
        this.console = console;
    }

    /** For people: each hit in two lines, and a third with matched terms if they were asked for. */
    public void printText(SearchResponse response) {
        int rank = 1;
        for (Hit hit : response.getHitsList()) {
            printHit(rank++, hit);
        }
        if (response.getHitsCount() == 0) {
            console.say(
                    response.getQueryTerms() == 0
                            ? "Nothing found: the model sees no term in the query."
                            : "Nothing found.");
        }
        if (response.getQueryTruncatedTokens() > 0) {
            console.say("The query is longer than the model reads: its last " + response.getQueryTruncatedTokens()
                    + " tokens were left out.");
        }
        if (response.getCoverage().getShardsOk() < response.getCoverage().getShardsTotal()) {
            console.say("Incomplete: " + response.getCoverage().getShardsOk() + " of "
                    + response.getCoverage().getShardsTotal() + " shards answered.");
        }
    }

    private void printHit(int rank, Hit hit) {
        DocumentSource source = hit.getSource();
        String heading = heading(hit);
        String id = heading.equals(hit.getId()) ? "" : "  [" + hit.getId() + "]";
        console.print(String.format(Locale.ROOT, "%2d. %7.3f  %s%s", rank, hit.getScore(), heading, id));
        if (!source.getText().isEmpty()) {
            console.print("             " + shorten(source.getText(), TEXT_CHARACTERS));
        }
        if (hit.getMatchesCount() > 0) {
            console.print("             " + terms(hit.getMatchesList()));
        }
    }

    /** What a hit is called. */
    public static String heading(Hit hit) {
        DocumentSource source = hit.getSource();
        return source.getTitle().isEmpty()
                ? oneLine(source.getMetadataOrDefault("name", hit.getId()))
                : oneLine(source.getTitle());
    }

    /** Matched terms with query weight × document weight, strongest first. */
    public static String terms(List<TermMatch> matches) {
        String shown = matches.stream()
                .limit(TERMS)
                .map(match -> String.format(
                        Locale.ROOT, "%s %.2f×%.2f", term(match), match.getQueryWeight(), match.getDocumentWeight()))
                .collect(Collectors.joining(" · "));
        return matches.size() > TERMS ? shown + " · and " + (matches.size() - TERMS) + " more" : shown;
    }

    /** Words of the text, which stand beside the model's terms in a hybrid space, are in quotation marks. */
    private static String term(TermMatch match) {
        if (match.getTerm().isEmpty()) {
            return "#" + Integer.toUnsignedString(match.getTermId());
        }
        return match.getLexical() ? "\"" + match.getTerm() + "\"" : match.getTerm();
    }

    /** A text as one line of so many characters at most. */
    public static String shorten(String text, int characters) {
        String line = oneLine(text);
        return line.codePointCount(0, line.length()) <= characters
                ? line
                : line.substring(0, line.offsetByCodePoints(0, characters)) + "…";
    }

    /** Control characters of a stored text must not steer the terminal. */
    private static String oneLine(String text) {
        return text.replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
    }

    /** For programs: one object for the whole answer. */
    public void printJson(SearchResponse response) {
        List<Map<String, Object>> hits = new ArrayList<>();
        for (Hit hit : response.getHitsList()) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("rank", hits.size() + 1);
            fields.put("id", hit.getId());
            fields.put("score", hit.getScore());
            fields.put("title", hit.getSource().getTitle());
            fields.put("text", hit.getSource().getText());
            fields.put("metadata", hit.getSource().getMetadataMap());
            addMatches(fields, hit);
            hits.add(fields);
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("hits", hits);
        answer.put("queryTerms", response.getQueryTerms());
        answer.put("queryTruncatedTokens", response.getQueryTruncatedTokens());
        answer.put("shardsOk", response.getCoverage().getShardsOk());
        answer.put("shardsTotal", response.getCoverage().getShardsTotal());
        answer.put("generation", response.getCoverage().getGeneration());
        answer.put("spaceId", response.getCoverage().getSpaceId());
        answer.put("encodeMicros", response.getTiming().getEncodeMicros());
        answer.put("searchMicros", response.getTiming().getSearchMicros());
        console.printJson(answer);
    }

    /** Adds a hit's matched terms, if it has any. */
    static void addMatches(Map<String, Object> fields, Hit hit) {
        if (hit.getMatchesCount() > 0) {
            fields.put(
                    "matches",
                    hit.getMatchesList().stream().map(HitPrinter::match).toList());
        }
    }

    private static Map<String, Object> match(TermMatch match) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("termId", Integer.toUnsignedLong(match.getTermId()));
        fields.put("term", match.getTerm());
        fields.put("lexical", match.getLexical());
        fields.put("queryWeight", match.getQueryWeight());
        fields.put("documentWeight", match.getDocumentWeight());
        return fields;
    }
}
