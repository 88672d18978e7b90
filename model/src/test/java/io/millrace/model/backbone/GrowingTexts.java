package io.millrace.model.backbone;

import io.millrace.model.architecture.Architecture;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.SpecialTokenPolicy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Texts that grow by random tokens, kept whole.
 *
 * @param texts tokens of each
 * @param encoded what an encoder reads for each; empty for none
 */
record GrowingTexts(List<int[]> texts, List<int[]> encoded) {
    /** Texts of 1 to {@code longest} tokens, some of them of one length. */
    static GrowingTexts random(Architecture architecture, int count, int longest, Random random) {
        int common = 1 + random.nextInt(longest);
        return new GrowingTexts(
                some(count, common, longest, random),
                architecture.decoderStart().isPresent() ? some(count, 40, 40, random) : List.of());
    }

    private static List<int[]> some(int count, int common, int longest, Random random) {
        return IntStream.range(0, count)
                .mapToObj(text -> random.ints(
                                random.nextBoolean() ? common : 1 + random.nextInt(longest), 0, TinyDecoder.TOKENS)
                        .toArray())
                .toList();
    }

    /** Some of the texts, each with one more token. */
    GrowingTexts longer(int[] rows, int[] tokens) {
        List<int[]> longer = new ArrayList<>();
        for (int i = 0; i < rows.length; i++) {
            int[] text = texts.get(rows[i]);
            int[] next = Arrays.copyOf(text, text.length + 1);
            next[text.length] = tokens[i];
            longer.add(next);
        }
        return new GrowingTexts(
                longer,
                encoded.isEmpty()
                        ? encoded
                        : Arrays.stream(rows).mapToObj(encoded::get).toList());
    }

    /** A single one. */
    GrowingTexts only(int text) {
        return new GrowingTexts(List.of(texts.get(text)), encoded.isEmpty() ? encoded : List.of(encoded.get(text)));
    }

    /** What a model reads to read them whole. */
    ModelInput input() {
        InputLayout plain =
                new InputLayout(ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.KEEP), new BitSet(), 0, 0);
        Optional<TokenBatch> source = encoded.isEmpty()
                ? Optional.empty()
                : Optional.of(plain.of(encoded).reader());
        return new ModelInput(InputLayout.written(texts), source);
    }

    int longest() {
        return texts.stream().mapToInt(text -> text.length).max().orElse(0);
    }
}
