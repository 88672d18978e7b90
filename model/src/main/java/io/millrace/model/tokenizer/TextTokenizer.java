package io.millrace.model.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.millrace.model.InvalidModelException;
import io.millrace.model.TokenizedText;
import io.millrace.model.contract.TextContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A checkpoint's tokenizer. The truncation and padding that {@code tokenizer.json} asks for are switched off: lengths
 * are the encoding contract's, and texts are never padded here. Safe for many threads.
 */
public final class TextTokenizer implements AutoCloseable {
    private static final String SAMPLE = "a";
    private static final int[] NOTHING = {};

    private final HuggingFaceTokenizer tokenizer;
    /** Held for reading by calls that use the native handle. */
    private final ReadWriteLock life = new ReentrantReadWriteLock();

    private final int[] opening;
    private final int[] closing;

    private TextTokenizer(HuggingFaceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
        // The template, such as [CLS] text [SEP], is read off a sample rather than from the file's many template forms.
        Encoding sample = tokenizer.encode(SAMPLE, true, false);
        int[] ids = ints(sample.getIds());
        long[] special = sample.getSpecialTokenMask();
        int first = 0;
        while (first < special.length && special[first] == 1) {
            first++;
        }
        int last = special.length;
        while (last > first && special[last - 1] == 1) {
            last--;
        }
        this.opening = Arrays.copyOf(ids, first);
        this.closing = Arrays.copyOfRange(ids, last, ids.length);
    }

    /**
     * Loads a tokenizer. Nothing is downloaded.
     *
     * @throws InvalidModelException if the file is not a tokenizer
     * @throws IOException if it cannot be read
     */
    public static TextTokenizer open(Path tokenizerJson) throws IOException {
        try {
            return new TextTokenizer(HuggingFaceTokenizer.newInstance(
                    tokenizerJson, Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "true")));
        } catch (RuntimeException e) {
            throw new InvalidModelException(
                    tokenizerJson + ": the tokenizer cannot be loaded: " + e.getMessage()
                            + "; give the tokenizer.json of a Hugging Face fast tokenizer",
                    e);
        }
    }

    /** Tokens that the template adds to every text, such as 2 for {@code [CLS] text [SEP]}. */
    public int templateTokens() {
        return opening.length + closing.length;
    }

    /**
     * Tokenises texts, in order: the template's opening, as much of the text as fits, the template's closing.
     *
     * @param contract length, at least {@link #templateTokens()} with the template, and what is put around texts
     */
    public List<TokenizedText> tokenize(List<String> texts, TextContract contract) {
        boolean template = contract.template();
        int maxTokens = contract.maxTokens();
        if (template && maxTokens < templateTokens()) {
            throw new IllegalArgumentException("maxTokens is " + maxTokens + ", but the tokenizer's template alone has "
                    + templateTokens() + " tokens");
        }
        if (texts.isEmpty()) {
            return List.of();
        }
        life.readLock().lock();
        try {
            // Throws if the tokenizer is closed.
            long handle = tokenizer.getHandle();
            return texts.stream()
                    .map(text -> fit(ids(handle, contract.prefix() + text + contract.suffix()), template, maxTokens))
                    .toList();
        } finally {
            life.readLock().unlock();
        }
    }

    /**
     * Ids of a text without its template. The tokenizer's own class would also copy out each token's spelling, place and
     * masks, which took a third of the time of a long text.
     */
    private static long[] ids(long handle, String text) {
        long encoding = TokenizersLibrary.LIB.encode(handle, text, false);
        try {
            return TokenizersLibrary.LIB.getTokenIds(encoding);
        } finally {
            TokenizersLibrary.LIB.deleteEncoding(encoding);
        }
    }

    private TokenizedText fit(long[] content, boolean template, int maxTokens) {
        int[] before = template ? opening : NOTHING;
        int[] after = template ? closing : NOTHING;
        int kept = Math.min(content.length, maxTokens - before.length - after.length);
        int[] ids = Arrays.copyOf(before, before.length + kept + after.length);
        for (int i = 0; i < kept; i++) {
            ids[before.length + i] = (int) content[i];
        }
        System.arraycopy(after, 0, ids, before.length + kept, after.length);
        return new TokenizedText(ids, content.length - kept);
    }

    /** The text of tokens, without control tokens. */
    public String decode(int[] ids) {
        life.readLock().lock();
        try {
            return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), true);
        } finally {
            life.readLock().unlock();
        }
    }

    private static int[] ints(long[] values) {
        int[] ints = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            ints[i] = Math.toIntExact(values[i]);
        }
        return ints;
    }

    /** Waits for running calls, then frees the native tokenizer. Idempotent. */
    @Override
    public void close() {
        life.writeLock().lock();
        try {
            tokenizer.close();
        } finally {
            life.writeLock().unlock();
        }
    }
}
