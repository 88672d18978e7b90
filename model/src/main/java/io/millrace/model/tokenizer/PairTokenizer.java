package io.millrace.model.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.millrace.model.InvalidModelException;
import io.millrace.model.batch.TokenPair;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;

/** Tokenises two texts as one, by the pair template of a {@code tokenizer.json}. Safe for many threads. */
public final class PairTokenizer implements AutoCloseable {
    private static final String SAMPLE = "a";

    private final HuggingFaceTokenizer tokenizer;
    private final int[] opening;
    private final int[] middle;
    private final int[] closing;
    /** How many of the middle's tokens are of the first segment; beyond it all are of the second, if there are segments. */
    private final int firstOfMiddle;

    private final boolean segments;

    private PairTokenizer(HuggingFaceTokenizer tokenizer, String suffix) {
        this.tokenizer = tokenizer;
        Encoding sample = tokenizer.encode(SAMPLE, SAMPLE, true, false);
        int[] ids = Arrays.stream(sample.getIds()).mapToInt(Math::toIntExact).toArray();
        long[] special = sample.getSpecialTokenMask();
        long[] types = sample.getTypeIds();
        int[] text = IntStream.range(0, ids.length).filter(i -> special[i] == 0).toArray();
        int gap = IntStream.range(1, text.length)
                .filter(i -> text[i] > text[i - 1] + 1)
                .findFirst()
                .orElse(text.length / 2);
        int middleStart = text[gap - 1] + 1;
        this.opening = Arrays.copyOf(ids, text[0]);
        this.middle = Arrays.copyOfRange(ids, middleStart, text[gap]);
        int[] end = Arrays.copyOfRange(ids, text[text.length - 1] + 1, ids.length);
        this.closing =
                IntStream.concat(IntStream.of(ids(suffix)), IntStream.of(end)).toArray();
        this.segments = types[text[gap]] == 1;
        this.firstOfMiddle = (int) IntStream.range(middleStart, text[gap])
                .filter(i -> types[i] == 0)
                .count();
    }

    /**
     * Loads a tokenizer. Nothing is downloaded.
     *
     * @param suffix put after the second text, and never cut off; empty for none
     * @throws InvalidModelException if the file is not a tokenizer
     * @throws IOException if it cannot be read
     */
    public static PairTokenizer open(Path tokenizerJson, String suffix) throws IOException {
        try {
            return new PairTokenizer(
                    HuggingFaceTokenizer.newInstance(
                            tokenizerJson,
                            Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "true")),
                    suffix);
        } catch (RuntimeException e) {
            throw new InvalidModelException(
                    tokenizerJson + ": the tokenizer cannot be loaded: " + e.getMessage()
                            + "; give the tokenizer.json of a Hugging Face fast tokenizer",
                    e);
        }
    }

    /**
     * Tokens of both texts in the template; if they are too many, the longer text loses one after the other.
     *
     * @param maxTokens longest result, template included
     * @throws IllegalArgumentException if the template alone is longer
     */
    public TokenPair tokenize(String first, String second, int maxTokens) {
        int[] left = ids(first);
        int[] right = ids(second);
        int room = maxTokens - opening.length - middle.length - closing.length;
        if (room < 0) {
            throw new IllegalArgumentException("maxTokens is " + maxTokens + ", but the template of pairs alone has "
                    + (maxTokens - room) + " tokens");
        }
        int keptLeft = left.length;
        int keptRight = right.length;
        if (keptLeft + keptRight > room) {
            // The shorter stays whole if it fits beside an equal share of the longer.
            int shorter = Math.min(Math.min(keptLeft, keptRight), room / 2);
            keptLeft = left.length <= right.length ? shorter : room - shorter;
            keptRight = room - keptLeft;
        }
        int[] ids = new int[opening.length + keptLeft + middle.length + keptRight + closing.length];
        int at = put(ids, 0, opening, opening.length);
        at = put(ids, at, left, keptLeft);
        int secondStart = at + firstOfMiddle;
        at = put(ids, at, middle, middle.length);
        at = put(ids, at, right, keptRight);
        put(ids, at, closing, closing.length);
        return new TokenPair(ids, segments ? secondStart : ids.length);
    }

    private static int put(int[] target, int at, int[] source, int count) {
        System.arraycopy(source, 0, target, at, count);
        return at + count;
    }

    private int[] ids(String text) {
        return Arrays.stream(tokenizer.encode(text, false, false).getIds())
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
