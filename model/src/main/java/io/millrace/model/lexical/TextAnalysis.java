package io.millrace.model.lexical;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.util.Version;

/** How a text is cut into terms: Lucene's analyzers. Safe for many threads. */
public enum TextAnalysis {
    /** Words without possessive endings and 33 stop words, in lower case, stemmed by Porter: Anserini's default. */
    ENGLISH(new EnglishAnalyzer()),
    /** Words in lower case; nothing is left out. */
    STANDARD(new StandardAnalyzer()),
    /** What stands between white space, as it is: for text that was analysed elsewhere. */
    WHITESPACE(new WhitespaceAnalyzer());

    /** Analysis may change from one major version of Lucene to the next. */
    public static final int LUCENE = Version.LATEST.major;

    private static final String FIELD = "text";

    /** Safe for many threads, though its type does not say so; lives as long as the program. */
    @SuppressWarnings("ImmutableEnumChecker")
    private final Analyzer analyzer;

    TextAnalysis(Analyzer analyzer) {
        this.analyzer = analyzer;
    }

    /** The terms of a text, in order. */
    public List<String> terms(String text) {
        List<String> terms = new ArrayList<>();
        try (TokenStream stream = analyzer.tokenStream(FIELD, text)) {
            CharTermAttribute term = stream.addAttribute(CharTermAttribute.class);
            stream.reset();
            while (stream.incrementToken()) {
                terms.add(term.toString());
            }
            stream.end();
        } catch (IOException e) {
            throw new UncheckedIOException("reading a text from memory cannot fail", e);
        }
        return terms;
    }

    /** How flags and files spell it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The analysis with a label.
     *
     * @throws IllegalArgumentException naming the known ones if there is none
     */
    public static TextAnalysis of(String label) {
        for (TextAnalysis analysis : values()) {
            if (analysis.label().equals(label)) {
                return analysis;
            }
        }
        throw new IllegalArgumentException("the analyzer is '" + label + "', but the known ones are "
                + Arrays.stream(values()).map(TextAnalysis::label).toList());
    }
}
