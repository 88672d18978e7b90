package io.millrace.encoder;

import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.model.pruning.LargestWeights;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/**
 * A model without weights: one token a word, and a term's weight is how often its token occurs (queries: twice that).
 * Records what was encoded together; a hook may block or throw before each inference.
 */
public class FakeEncoder implements SparseEncoder {
    public static final String SPACE = "ab".repeat(32);
    public static final int VOCABULARY = 30_522;
    private static final int MAX_DOCUMENT_TOKENS = 512;
    private static final int MAX_QUERY_TOKENS = 32;

    /** One inference. */
    public record Call(TextRole role, List<int[]> texts) {
        public int longest() {
            return texts.stream().mapToInt(text -> text.length).max().orElse(0);
        }

        public int paddedTokens() {
            return longest() * texts.size();
        }

        public int tokens() {
            return texts.stream().mapToInt(text -> text.length).sum();
        }
    }

    private final BiConsumer<List<int[]>, TextRole> beforeEncode;
    private final int maxPieces;
    private final Set<TextRole> tables;
    private final List<Call> calls = Collections.synchronizedList(new ArrayList<>());
    private final Set<String> encodeThreads = ConcurrentHashMap.newKeySet();
    private final Set<String> tokenizeThreads = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    public FakeEncoder() {
        this((texts, role) -> {});
    }

    public FakeEncoder(BiConsumer<List<int[]>, TextRole> beforeEncode) {
        this(beforeEncode, 1, Set.of());
    }

    /** Documents in so many pieces at most, and tables in place of inference for some roles. */
    public FakeEncoder(BiConsumer<List<int[]>, TextRole> beforeEncode, int maxPieces, Set<TextRole> tables) {
        this.beforeEncode = beforeEncode;
        this.maxPieces = maxPieces;
        this.tables = tables;
    }

    public List<Call> calls() {
        synchronized (calls) {
            return List.copyOf(calls);
        }
    }

    public Set<String> encodeThreads() {
        return encodeThreads;
    }

    public Set<String> tokenizeThreads() {
        return tokenizeThreads;
    }

    public boolean closed() {
        return closed;
    }

    /** Token of a word. */
    public static int token(String word) {
        return Math.floorMod(word.hashCode(), VOCABULARY);
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public String spaceId() {
        return SPACE;
    }

    @Override
    public int vocabularySize() {
        return VOCABULARY;
    }

    @Override
    public int maxTokens(TextRole role) {
        return role == TextRole.QUERY ? MAX_QUERY_TOKENS : MAX_DOCUMENT_TOKENS;
    }

    @Override
    public String device() {
        return "fake";
    }

    @Override
    public boolean needsInference(TextRole role) {
        return !tables.contains(role);
    }

    @Override
    public List<TokenizedText> tokenize(List<String> texts, TextRole role) {
        tokenizeThreads.add(Thread.currentThread().getName());
        return texts.stream().map(text -> tokenize(text, role)).toList();
    }

    private TokenizedText tokenize(String text, TextRole role) {
        int[] ids =
                Arrays.stream(text.split(" ", -1)).mapToInt(FakeEncoder::token).toArray();
        List<int[]> pieces = new ArrayList<>();
        int read = 0;
        do {
            int end = Math.min(ids.length, read + maxTokens(role));
            pieces.add(Arrays.copyOfRange(ids, read, end));
            read = end;
        } while (read < ids.length && pieces.size() < maxPieces);
        return new TokenizedText(pieces, ids.length - read, new int[0]);
    }

    @Override
    public List<SparseVector> encodePieces(List<int[]> pieces, TextRole role) {
        if (closed) {
            throw new IllegalStateException("encode after close");
        }
        encodeThreads.add(Thread.currentThread().getName());
        calls.add(new Call(role, pieces));
        beforeEncode.accept(pieces, role);
        return pieces.stream().map(piece -> vector(piece, role)).toList();
    }

    @Override
    public SparseVector join(TokenizedText text, List<SparseVector> pieces, TextRole role) {
        return LargestWeights.of(pieces);
    }

    private static SparseVector vector(int[] piece, TextRole role) {
        Map<Integer, Float> counts = new TreeMap<>();
        for (int id : piece) {
            counts.merge(id, role == TextRole.QUERY ? 2f : 1f, Float::sum);
        }
        int[] ids = new int[counts.size()];
        float[] weights = new float[counts.size()];
        int i = 0;
        for (Map.Entry<Integer, Float> entry : counts.entrySet()) {
            ids[i] = entry.getKey();
            weights[i++] = entry.getValue();
        }
        return new SparseVector(ids, weights);
    }

    @Override
    public String term(int termId) {
        return "term" + termId;
    }

    @Override
    public void close() {
        closed = true;
    }
}
