package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.model.EncoderOptions.Kernels;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.head.MlmKernelHead;
import io.millrace.model.head.MlmScreenedHead;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The real model in {@code models/splade-tiny}, from text to vector. */
class EmbeddedModelTest {
    private static final InputLayout LAYOUT =
            new InputLayout(ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.KEEP), new BitSet(), 0, 0);

    private static final Path MODEL = Path.of("../models/splade-tiny");
    private static final double TOLERANCE = 1e-5;
    private static final List<String> THREE =
            List.of("The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium.");

    private static SparseEncoder fast;
    private static SparseEncoder plain;

    @BeforeAll
    static void open() throws IOException {
        EncoderOptions options = EncoderOptions.defaults().withThreads(2);
        fast = SparseEncoders.open(MODEL, options);
        plain = SparseEncoders.open(MODEL, options.withKernels(Kernels.PLAIN));
    }

    @AfterAll
    static void close() {
        fast.close();
        plain.close();
    }

    private static List<SparseVector> encode(SparseEncoder encoder, List<String> texts) {
        return encoder.encode(encoder.tokenize(texts, TextRole.DOCUMENT), TextRole.DOCUMENT);
    }

    @Test
    void givesTheSimilaritiesOfTheModelCard() {
        List<SparseVector> vectors = encode(fast, THREE);
        // The 32-bit original gives 39.7253, 27.0255, 26.3539 and 2.5437.
        assertThat(vectors.get(0).dot(vectors.get(0))).isCloseTo(39.7144, within(1e-4));
        assertThat(vectors.get(1).dot(vectors.get(1))).isCloseTo(27.0241, within(1e-4));
        assertThat(vectors.get(2).dot(vectors.get(2))).isCloseTo(26.3410, within(1e-4));
        int today = fast.tokenize(List.of("today"), TextRole.QUERY)
                .getFirst()
                .pieces()
                .getFirst()[1];
        assertThat(fast.term(today)).isEqualTo("today");
        assertThat(vectors.getFirst().weight(today)).isCloseTo(2.5439f, within(1e-4f));
    }

    @Test
    void equalsSentenceTransformersOnAwkwardTexts() throws IOException {
        RecordedVectors recorded = RecordedVectors.read("splade-tiny-vectors.json");
        assertThat(recorded.maxTokens()).isEqualTo(fast.maxTokens(TextRole.DOCUMENT));
        List<String> texts = recorded.texts();
        List<SparseVector> expected = recorded.vectors();
        assertThat(texts).hasSizeGreaterThan(10);
        VectorDistance.assertClose(encode(fast, texts), expected, TOLERANCE, "fast");
        VectorDistance.assertClose(encode(plain, texts), expected, TOLERANCE, "plain");
    }

    @Test
    void doesNotDependOnCompanyOrOrder() {
        Random random = new Random(3);
        List<TokenizedText> texts = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            int[] ids = random.ints(1 + random.nextInt(250), 1000, 30_000).toArray();
            texts.add(new TokenizedText(ids, 0));
        }
        List<SparseVector> alone = texts.stream()
                .map(text -> fast.encode(List.of(text), TextRole.DOCUMENT).getFirst())
                .toList();
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, texts.size()).boxed().toList());
        for (int repetition = 0; repetition < 2; repetition++) {
            List<SparseVector> together =
                    fast.encode(order.stream().map(texts::get).toList(), TextRole.DOCUMENT);
            VectorDistance.assertClose(together, order.stream().map(alone::get).toList(), TOLERANCE, "order " + order);
            Collections.shuffle(order, random);
        }
    }

    @Test
    void screeningRulesOutNearlyAllTermsAndNoneThatCounts() throws IOException {
        EncoderOptions options = EncoderOptions.defaults().withThreads(1);
        Checkpoint checkpoint = Checkpoint.open(MODEL);
        Random random = new Random(13);
        try (SparseModel screened = SparseModel.load(
                        MODEL,
                        checkpoint.encoder(TextRole.DOCUMENT).transformer(),
                        checkpoint.contract(),
                        options.withKernels(Kernels.SCREENED));
                SparseModel full = SparseModel.load(
                        MODEL,
                        checkpoint.encoder(TextRole.DOCUMENT).transformer(),
                        checkpoint.contract(),
                        options.withKernels(Kernels.FUSED))) {
            // The first batch is learned from.
            screened.encode(LAYOUT.of(List.of(random.ints(200, 1000, 30_000).toArray())), TextRole.QUERY);
            for (int i = 0; i < 20; i++) {
                ModelInput batch = LAYOUT.of(List.of(
                        random.ints(1 + random.nextInt(80), 1000, 30_000).toArray(),
                        random.ints(1 + random.nextInt(80), 1000, 30_000).toArray()));
                VectorDistance.assertClose(
                        screened.encode(batch, TextRole.QUERY),
                        full.encode(batch, TextRole.QUERY),
                        TOLERANCE,
                        "batch " + i);
            }
            assertThat(screened.head(TextRole.QUERY))
                    .isInstanceOfSatisfying(
                            MlmScreenedHead.class,
                            head -> assertThat(head.screening().orElseThrow()).satisfies(report -> {
                                assertThat(report.screened()).isEqualTo(40);
                                assertThat(report.left()).isLessThan(20);
                                assertThat(report.survivorsPerText()).isBetween(10.0, 2_000.0);
                            }));
            assertThat(full.head(TextRole.QUERY)).isInstanceOf(MlmKernelHead.class);
        }
    }

    @Test
    void aTextThatScreeningCannotThinOutIsComputedInFull() throws IOException {
        // A shift of 20 lifts every logit above zero, so that no bound can rule a term out.
        Checkpoint checkpoint = Checkpoint.open(MODEL);
        RoleContract role = checkpoint.contract().document();
        RoleContract lifted = new RoleContract(
                role.text(),
                role.reading(),
                new HeadContract.Mlm(Pooling.MAX, Saturation.LOG1P, new LogitAffine(1, 20), 30_522),
                role.pruning());
        EncodingContract contract = new EncodingContract("lifted", lifted, lifted, new TreeMap<>());
        EncoderOptions options = EncoderOptions.defaults().withThreads(1);
        ModelInput batch =
                LAYOUT.of(List.of(new Random(4).ints(40, 1000, 30_000).toArray()));
        try (SparseModel screened = SparseModel.load(
                        MODEL,
                        checkpoint.encoder(TextRole.DOCUMENT).transformer(),
                        contract,
                        options.withKernels(Kernels.SCREENED));
                SparseModel full = SparseModel.load(
                        MODEL,
                        checkpoint.encoder(TextRole.DOCUMENT).transformer(),
                        contract,
                        options.withKernels(Kernels.FUSED))) {
            List<SparseVector> learned = screened.encode(batch, TextRole.QUERY);
            List<SparseVector> vectors = screened.encode(batch, TextRole.QUERY);
            assertThat(vectors.getFirst().size()).isGreaterThan(20_000);
            assertThat(vectors).isEqualTo(learned);
            VectorDistance.assertClose(vectors, full.encode(batch, TextRole.QUERY), TOLERANCE, "dense");
            assertThat(screened.head(TextRole.QUERY))
                    .isInstanceOfSatisfying(
                            MlmScreenedHead.class,
                            head -> assertThat(head.screening().orElseThrow().shareLeft())
                                    .isEqualTo(1));
        }
    }

    @Test
    void saysHowMuchOfATextWasCutOff() {
        List<TokenizedText> texts = fast.tokenize(List.of("mill ".repeat(300), "mill ".repeat(254)), TextRole.DOCUMENT);
        assertThat(texts.get(0).pieces().getFirst())
                .hasSize(256)
                .startsWith(101)
                .endsWith(102);
        assertThat(texts.get(0).truncatedTokens()).isEqualTo(46);
        assertThat(texts.get(1).pieces().getFirst()).hasSize(256);
        assertThat(texts.get(1).truncatedTokens()).isZero();
    }

    @Test
    void refusesTokensOfAnotherModel() {
        TokenizedText foreign = new TokenizedText(new int[] {101, 30_522, 102}, 0);
        assertThatThrownBy(() -> fast.encode(List.of(foreign), TextRole.QUERY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("token id 30522");
        TokenizedText endless = new TokenizedText(new int[257], 0);
        assertThatThrownBy(() -> fast.encode(List.of(endless), TextRole.QUERY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("257 tokens")
                .hasMessageContaining("256");
    }

    @Test
    void anEmptyBatchAndATextWithoutTokensAreNoErrors() {
        assertThat(fast.encode(List.of(), TextRole.QUERY)).isEmpty();
        assertThat(fast.tokenize(List.of(), TextRole.QUERY)).isEmpty();
        TokenizedText nothing = new TokenizedText(new int[0], 0);
        assertThat(fast.encode(List.of(nothing), TextRole.QUERY)).containsExactly(SparseVector.EMPTY);
    }

    @Test
    void anotherLengthIsAnotherSpace() throws IOException {
        EncoderOptions options = EncoderOptions.defaults().withThreads(2).withMaxTokens(16);
        try (SparseEncoder shorter = SparseEncoders.open(MODEL, options)) {
            assertThat(shorter.maxTokens(TextRole.QUERY)).isEqualTo(16);
            assertThat(shorter.spaceId()).matches("[0-9a-f]{64}").isNotEqualTo(fast.spaceId());
            assertThat(plain.spaceId()).isEqualTo(fast.spaceId());
            assertThat(shorter.tokenize(List.of("mill ".repeat(30)), TextRole.QUERY))
                    .first()
                    .satisfies(text -> assertThat(text.truncatedTokens()).isEqualTo(16));
        }
        assertThatThrownBy(() -> SparseEncoders.open(MODEL, options.withMaxTokens(513)))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("513")
                .hasMessageContaining("the model has 512");
    }

    @Test
    void aClosedEncoderSaysSo() throws IOException {
        SparseEncoder encoder = SparseEncoders.open(MODEL, EncoderOptions.defaults());
        List<TokenizedText> text = encoder.tokenize(List.of("mill"), TextRole.QUERY);
        encoder.close();
        encoder.close();
        assertThatThrownBy(() -> encoder.encode(text, TextRole.QUERY))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void takesTurnsWhenSeveralThreadsEncode() throws Exception {
        List<SparseVector> expected = encode(fast, THREE);
        try (var threads = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
            var results = IntStream.range(0, 8)
                    .mapToObj(i -> threads.submit(() -> encode(fast, THREE)))
                    .toList();
            for (var result : results) {
                VectorDistance.assertClose(result.get(), expected, TOLERANCE, "a concurrent call");
            }
        }
    }
}
