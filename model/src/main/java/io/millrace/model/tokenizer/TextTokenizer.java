package io.millrace.model.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.millrace.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint's tokenizer. The truncation and padding that {@code tokenizer.json} asks for are switched off: lengths
 * are the encoding contract's ({@link TextReader}), and texts are never padded here. Safe for many threads.
 */
public final class TextTokenizer implements AutoCloseable {
    private static final String SAMPLE = "a";
    private static final int[] NOTHING = {};

    private final Path file;
    private final HuggingFaceTokenizer tokenizer;
    /** Held for reading by calls that use the native handle. */
    private final ReadWriteLock life = new ReentrantReadWriteLock();

    private final int[] opening;
    private final int[] closing;

    /**
     * Tokens of a text, without the template.
     *
     * @param ids of the tokens [T]
     * @param ends where each token ends in the text, in code points [T]; empty if nobody asked
     */
    record Tokens(int[] ids, int[] ends) {}

    private TextTokenizer(Path file, HuggingFaceTokenizer tokenizer) {
        this.file = file;
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
     * @throws InvalidModelException if the file is missing or not a tokenizer
     * @throws IOException if it cannot be read
     */
    public static TextTokenizer open(Path tokenizerJson) throws IOException {
        if (!Files.isRegularFile(tokenizerJson)) {
            throw new InvalidModelException(
                    tokenizerJson + " is missing; copy the tokenizer.json of the model that this"
                            + " one was trained from into the directory");
        }
        try {
            return new TextTokenizer(
                    tokenizerJson,
                    HuggingFaceTokenizer.newInstance(
                            tokenizerJson,
                            Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "true")));
        } catch (RuntimeException e) {
            throw new InvalidModelException(
                    tokenizerJson + ": the tokenizer cannot be loaded: " + e.getMessage()
                            + "; give the tokenizer.json of a Hugging Face fast tokenizer, or copy it again",
                    e);
        }
    }

    /** The file it was loaded from. */
    public Path file() {
        return file;
    }

    /** Tokens that the template adds to every text, such as 2 for {@code [CLS] text [SEP]}. */
    public int templateTokens() {
        return opening.length + closing.length;
    }

    /** Ids of the tokens that the template adds. */
    public Set<Integer> templateIds() {
        return IntStream.concat(IntStream.of(opening), IntStream.of(closing))
                .boxed()
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Tokens that the template puts before every text, such as {@code [CLS]}. */
    int[] opening() {
        return opening;
    }

    /** Tokens that the template puts behind every text, such as {@code [SEP]}. */
    int[] closing() {
        return closing;
    }

    /** Ids of a text's tokens, without the template. */
    public int[] ids(String text) {
        return tokens(text, Integer.MAX_VALUE).ids();
    }

    /**
     * A text's tokens, without the template. The tokenizer's own class would also copy out each token's spelling, place and
     * masks, which took a third of the time of a long text.
     *
     * @param most with more tokens than so many, their ends are told too
     */
    Tokens tokens(String text, int most) {
        life.readLock().lock();
        try {
            // Throws if the tokenizer is closed.
            long encoding = TokenizersLibrary.LIB.encode(tokenizer.getHandle(), wellFormed(text), false);
            try {
                int[] ids = ints(TokenizersLibrary.LIB.getTokenIds(encoding));
                int[] ends = ids.length > most ? ends(TokenizersLibrary.LIB.getTokenCharSpans(encoding)) : NOTHING;
                return new Tokens(ids, ends);
            } finally {
                TokenizersLibrary.LIB.deleteEncoding(encoding);
            }
        } finally {
            life.readLock().unlock();
        }
    }

    /** Half a surrogate pair is no character, and the native code would make several of it: it becomes one here. */
    private static String wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                int codePoint = text.codePointAt(i);
                if (!Character.isSupplementaryCodePoint(codePoint)) {
                    return repaired(text);
                }
                i++;
            }
        }
        return text;
    }

    private static String repaired(String text) {
        StringBuilder whole = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                .forEach(whole::appendCodePoint);
        return whole.toString();
    }

    private static int[] ends(@Nullable CharSpan[] spans) {
        int[] ends = new int[spans.length];
        int last = 0;
        for (int i = 0; i < spans.length; i++) {
            CharSpan span = spans[i];
            last = span == null ? last : Math.max(last, span.getEnd());
            ends[i] = last;
        }
        return ends;
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
