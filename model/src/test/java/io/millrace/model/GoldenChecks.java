package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.EncoderOptions.Kernels;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.contract.HeadContract;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** What must hold of every recorded case, in every form of its model. */
final class GoldenChecks {
    private static final double PARITY = 1e-5;
    /** oneDNN's products of a row do not depend on the rows beside it; those of MKL do, in their last bits. */
    private static final double MKL_INVARIANCE = 1e-6;

    /** T5's unscaled attention magnifies those bits. */
    private static final double PLAIN_INVARIANCE = 5e-6;

    private static final int VOCABULARY = 97;

    private GoldenChecks() {}

    static void equalsTheRecordedVectors(GoldenCase recorded, Kernels form) throws IOException {
        try (SparseModel model = recorded.load(form)) {
            InputLayout layout = recorded.layout(0);
            List<int[]> texts = recorded.texts().stream().filter(layout::counts).toList();
            List<SparseVector> counting = model.encode(layout.of(texts), TextRole.DOCUMENT);
            List<SparseVector> vectors = new ArrayList<>();
            int next = 0;
            for (int[] text : recorded.texts()) {
                vectors.add(layout.counts(text) ? counting.get(next++) : SparseVector.EMPTY);
            }
            assertThat(recorded.vectors()).hasSizeGreaterThanOrEqualTo(2).anyMatch(vector -> vector.size() > 3);
            VectorDistance.assertClose(vectors, recorded.vectors(), PARITY, recorded.name());
        }
    }

    static void doesNotDependOnCompanyOrderOrPadding(GoldenCase recorded, Kernels form) throws IOException {
        Random random = new Random(7);
        List<int[]> texts = randomTexts(recorded, random, 20);
        try (SparseModel model = recorded.load(form)) {
            List<SparseVector> alone = new ArrayList<>();
            for (int[] text : texts) {
                alone.addAll(model.encode(recorded.layout(0).of(List.of(text)), TextRole.DOCUMENT));
            }
            List<Integer> order =
                    new ArrayList<>(IntStream.range(0, texts.size()).boxed().toList());
            for (int size : new int[] {1, 2, 3, 7, texts.size()}) {
                Collections.shuffle(order, random);
                for (int from = 0; from < order.size(); from += size) {
                    List<Integer> some = order.subList(from, Math.min(from + size, order.size()));
                    List<SparseVector> together = model.encode(
                            recorded.layout(5).of(some.stream().map(texts::get).toList()), TextRole.DOCUMENT);
                    List<SparseVector> separate = some.stream().map(alone::get).toList();
                    VectorDistance.assertClose(
                            together,
                            separate,
                            invariance(recorded, form) * Math.max(1, largest(separate)),
                            recorded.name() + " in batches of " + size);
                }
            }
        }
    }

    private static double invariance(GoldenCase recorded, Kernels form) {
        if (form == Kernels.PLAIN || form == Kernels.UNPACKED) {
            return PLAIN_INVARIANCE;
        }
        return switch (recorded.role().head()) {
            case HeadContract.Mlp mlp -> MKL_INVARIANCE;
            case HeadContract.Epic epic -> MKL_INVARIANCE;
            default -> 0;
        };
    }

    /** Sums grow with the text, and rounding with them: a tolerance is of the weight where that exceeds 1. */
    private static double largest(List<SparseVector> vectors) {
        return vectors.stream()
                .flatMap(v -> IntStream.range(0, v.size()).mapToObj(i -> v.weights()[i]))
                .max(Float::compare)
                .orElse(1f);
    }

    /** Cells that attention may not look at: the reference's padding. */
    static void isBitIdenticalWhateverUnseenCellsHold(GoldenCase recorded, Kernels form) throws IOException {
        Random random = new Random(11);
        try (SparseModel model = recorded.load(form)) {
            ModelInput zeros = recorded.layout(0).of(randomTexts(recorded, random, 5));
            ModelInput noise = new ModelInput(noisy(zeros.reader(), random), zeros.encoder());
            assertThat(noise.reader().ids()).isNotEqualTo(zeros.reader().ids());
            assertThat(model.encode(noise, TextRole.DOCUMENT))
                    .as(recorded.name())
                    .isEqualTo(model.encode(zeros, TextRole.DOCUMENT));
        }
    }

    /** The recorded texts and random ones of 3 to 42 tokens, with control tokens where the recorded ones have them. */
    private static List<int[]> randomTexts(GoldenCase recorded, Random random, int count) throws IOException {
        List<int[]> texts = new ArrayList<>(
                recorded.texts().stream().filter(recorded.layout(0)::counts).toList());
        int first = recorded.texts().getFirst()[0];
        int last = recorded.texts().getFirst()[recorded.texts().getFirst().length - 1];
        int longest = Math.min(recorded.longest(), 42);
        for (int i = 0; i < count; i++) {
            int[] text =
                    random.ints(3 + random.nextInt(longest - 2), 5, VOCABULARY).toArray();
            text[0] = first;
            if (recorded.special().get(last)) {
                text[text.length - 1] = last;
            }
            texts.add(text);
        }
        return texts;
    }

    private static TokenBatch noisy(TokenBatch batch, Random random) {
        int[] ids = batch.ids().clone();
        for (int cell = 0; cell < ids.length; cell++) {
            if (!batch.keys().get(cell) && !batch.counts().get(cell)) {
                ids[cell] = random.nextInt(VOCABULARY);
            }
        }
        return new TokenBatch(batch.lengths(), ids, batch.keys(), batch.counts(), batch.targets(), batch.seconds());
    }
}
