package io.millrace.model.lexical;

import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.model.engine.Precision;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * BM25 as a sparse encoder: a document's weights hold term frequency and length, a query's hold idf, and their dot product
 * is BM25 with exact document lengths. (Lucene stores lengths above 40 in 8 bits, so its scores differ a little there.)
 * Safe for many threads.
 *
 * <p>Average length and document frequencies are those of the corpus that the folder was made from, and stay so: documents
 * that are indexed later change no weight. A term that the corpus lacks has the idf of a document frequency of 0.
 */
public final class LexicalEncoder implements SparseEncoder {
    /** Longest text read, in terms: no vector can have more. */
    static final int MAX_TOKENS = SparseVector.MAX_NON_ZEROS;

    private final LexicalManifest manifest;
    private final TermTable terms;
    private final int maxTokens;
    private final String spaceId;

    private LexicalEncoder(LexicalManifest manifest, TermTable terms, int maxTokens) {
        this.manifest = manifest;
        this.terms = terms;
        this.maxTokens = maxTokens;
        this.spaceId =
                LexicalFolder.digest("millrace lexical space 1\nmax_tokens " + maxTokens + "\n" + manifest.anonymous());
    }

    /**
     * Opens a folder that {@link CorpusStatistics} wrote.
     *
     * @param options of which only the longest text matters here
     * @throws InvalidModelException if the folder is damaged or was made for other analyzers
     * @throws IllegalArgumentException if the options ask for what a lexical model does not have
     * @throws IOException if a file cannot be read
     */
    public static LexicalEncoder open(Path folder, EncoderOptions options) throws IOException {
        if (!options.adapters().isEmpty() || options.precision() != Precision.FP32) {
            throw new IllegalArgumentException(folder + " is a lexical model, which has no layers; leave out adapters "
                    + "and the precision " + options.precision().label());
        }
        int maxTokens = options.maxTokens().orElse(MAX_TOKENS);
        if (maxTokens < 1 || maxTokens > MAX_TOKENS) {
            throw new IllegalArgumentException("max tokens is " + maxTokens + ", but must be from 1 to " + MAX_TOKENS);
        }
        LexicalManifest manifest = LexicalFolder.manifest(folder);
        return new LexicalEncoder(manifest, LexicalFolder.terms(folder, manifest), maxTokens);
    }

    @Override
    public String name() {
        return manifest.settings().name();
    }

    @Override
    public String spaceId() {
        return spaceId;
    }

    /** All ids that a hash can give, though a corpus has few of them. */
    @Override
    public int vocabularySize() {
        return TermIds.COUNT;
    }

    @Override
    public int maxTokens(TextRole role) {
        return maxTokens;
    }

    @Override
    public boolean needsInference(TextRole role) {
        return false;
    }

    @Override
    public String device() {
        return "cpu (no inference)";
    }

    @Override
    public List<TokenizedText> tokenize(List<String> texts, TextRole role) {
        List<TokenizedText> tokenized = new ArrayList<>(texts.size());
        for (String text : texts) {
            List<String> found = manifest.settings().analysis().terms(text);
            int kept = Math.min(found.size(), maxTokens);
            int[] ids = found.subList(0, kept).stream().mapToInt(TermIds::of).toArray();
            tokenized.add(new TokenizedText(ids, found.size() - kept));
        }
        return tokenized;
    }

    @Override
    public List<SparseVector> encodePieces(List<int[]> pieces, TextRole role) {
        return pieces.stream().map(piece -> vector(piece, role)).toList();
    }

    /** Every text is one piece: weights depend on its whole length. */
    @Override
    public SparseVector join(TokenizedText text, List<SparseVector> pieces, TextRole role) {
        return pieces.getFirst();
    }

    private SparseVector vector(int[] tokens, TextRole role) {
        if (tokens.length > maxTokens) {
            throw new IllegalArgumentException("a text has " + tokens.length + " tokens, but the limit is " + maxTokens
                    + "; tokenise it with this encoder");
        }
        int[] sorted = tokens.clone();
        Arrays.sort(sorted);
        int[] ids = Arrays.stream(sorted).distinct().toArray();
        float[] weights = new float[ids.length];
        for (int i = 0, at = 0; i < ids.length; i++) {
            int first = at;
            while (at < sorted.length && sorted[at] == ids[i]) {
                at++;
            }
            weights[i] = weight(ids[i], at - first, tokens.length, role);
        }
        return new SparseVector(ids, weights);
    }

    private float weight(int id, int count, int length, TextRole role) {
        return switch (role) {
            case DOCUMENT -> manifest.settings().bm25().documentWeight(count, length, manifest.averageLength());
            case QUERY -> Bm25.queryWeight(count, manifest.documents(), terms.frequency(id));
        };
    }

    /** A term of the corpus; those that share an id stand side by side. One that the corpus lacks is its id. */
    @Override
    public String term(int termId) {
        return terms.spelling(termId);
    }

    @Override
    public void close() {
        // Nothing but heap.
    }
}
