package io.millrace.model.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.TinyTokenizer;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.head.learned.MissingTerms;
import io.millrace.model.safetensors.SafetensorsWriter;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorType;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.vector.SparseMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What learning promises beside the gradients: the same draws, the same bits, and checkpoints that serve what was learned. */
class LearningModelTest {
    private static final Dropout DROPOUT = new Dropout(0.1, 0.2);

    @TempDir
    private Path temporary;

    private Checkpoint tiny() throws IOException {
        return Checkpoint.open(
                TinyTokenizer.beside(Path.of("src/test/resources/golden/bert"), temporary.resolve("bert")));
    }

    private static List<String> texts(int count) {
        SplittableRandom random = new SplittableRandom(7);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StringBuilder text = new StringBuilder();
            for (int words = random.nextInt(2, 20); words > 0; words--) {
                text.append(" w").append(random.nextInt(5, 97));
            }
            texts.add(text.toString().trim());
        }
        return texts;
    }

    /** Lets every weight grow towards 1; returns the vectors of each step. */
    private static List<SparseMatrix> steps(
            LearningModel model, Optimizer optimizer, int from, int to, Remember remember) {
        List<int[]> texts = model.tokenize(texts(9), TextRole.DOCUMENT);
        List<SparseMatrix> seen = new ArrayList<>();
        for (int step = from; step < to; step++) {
            try (Encoding encoding = model.encode(texts, TextRole.DOCUMENT, Optional.of(new Draw(3, step)), remember)) {
                float[] gradients = new float[encoding.vectors().weights().length];
                for (int i = 0; i < gradients.length; i++) {
                    gradients[i] = encoding.vectors().weights()[i] - 1;
                }
                encoding.backward(gradients);
                seen.add(encoding.vectors());
            }
            assertThat(optimizer.step(1e-3)).isPositive();
        }
        return seen;
    }

    private static void assertSameBits(List<SparseMatrix> one, List<SparseMatrix> other) {
        assertThat(one).hasSameSizeAs(other);
        for (int i = 0; i < one.size(); i++) {
            assertThat(one.get(i).terms()).isEqualTo(other.get(i).terms());
            assertThat(one.get(i).weights()).isEqualTo(other.get(i).weights());
        }
    }

    @Test
    void aRunRepeatsToTheLastBit() throws IOException {
        LearningOptions options = LearningOptions.whole(2).withDropout(DROPOUT);
        Checkpoint checkpoint = tiny();
        List<List<SparseMatrix>> runs = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            try (LearningModel model = LearningModel.open(checkpoint, options);
                    Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT.withDecay(0.01))) {
                runs.add(steps(model, optimizer, 0, 6, Remember.RESULTS));
            }
        }

        assertSameBits(runs.get(0), runs.get(1));
    }

    @Test
    void aRunGoesOnWhereItsStateWasSaved() throws IOException {
        LearningOptions options = LearningOptions.whole(2).withDropout(DROPOUT);
        Checkpoint checkpoint = tiny();
        Path state = temporary.resolve("state.safetensors");
        List<SparseMatrix> whole;
        try (LearningModel model = LearningModel.open(checkpoint, options);
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            steps(model, optimizer, 0, 3, Remember.RESULTS);
            optimizer.save(state);
            whole = steps(model, optimizer, 3, 6, Remember.RESULTS);
        }

        try (LearningModel model = LearningModel.open(checkpoint, options);
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            optimizer.restore(state, 3);

            assertThat(optimizer.steps()).isEqualTo(3);
            assertSameBits(steps(model, optimizer, 3, 6, Remember.RESULTS), whole);
        }
    }

    @Test
    void computingAgainGivesTheGradientsOfRememberingWithTheSameDraws() throws IOException {
        LearningOptions options = LearningOptions.whole(1).withDropout(DROPOUT);
        Checkpoint checkpoint = tiny();
        List<List<SparseMatrix>> runs = new ArrayList<>();
        for (Remember remember : List.of(Remember.RESULTS, Remember.VECTORS)) {
            try (LearningModel model = LearningModel.open(checkpoint, options);
                    Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
                runs.add(steps(model, optimizer, 0, 4, remember));
            }
        }

        assertSameBits(runs.get(0), runs.get(1));
    }

    @Test
    void weightsOfSomeTermsAreThoseOfTheVectors() throws IOException {
        try (LearningModel model = LearningModel.open(tiny(), LearningOptions.whole(2))) {
            List<int[]> texts = model.tokenize(texts(9), TextRole.DOCUMENT);
            List<int[]> terms = texts.stream()
                    .map(text -> IntStream.of(text).distinct().sorted().toArray())
                    .toList();

            List<float[]> weights = model.weights(texts, TextRole.DOCUMENT, terms);

            try (Encoding encoding = model.encode(texts, TextRole.DOCUMENT, Optional.empty(), Remember.NOTHING)) {
                int lacking = 0;
                for (int row = 0; row < texts.size(); row++) {
                    for (int i = 0; i < terms.get(row).length; i++) {
                        float expected = weight(encoding.vectors(), row, terms.get(row)[i]);
                        assertThat(weights.get(row)[i]).isCloseTo(expected, within(1e-5f));
                        lacking += expected == 0 ? 1 : 0;
                    }
                }
                assertThat(lacking).as("own tokens that vectors lack").isPositive();
            }
        }
    }

    private static float weight(SparseMatrix rows, int row, int term) {
        int place = Arrays.binarySearch(rows.terms(), rows.offsets()[row], rows.offsets()[row + 1], term);
        return place < 0 ? 0 : rows.weights()[place];
    }

    @Test
    void termsThatAVectorLacksComeBackByTheirGradients() throws IOException {
        try (LearningModel model = LearningModel.open(tiny(), LearningOptions.whole(2));
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            assertThat(model.bringsBack(TextRole.DOCUMENT)).isTrue();
            List<int[]> texts = model.tokenize(texts(9), TextRole.DOCUMENT);
            List<int[]> wanted = new ArrayList<>();
            try (Encoding encoding = model.encode(texts, TextRole.DOCUMENT, Optional.empty(), Remember.NOTHING)) {
                for (int row = 0; row < texts.size(); row++) {
                    int of = row;
                    wanted.add(IntStream.of(texts.get(row))
                            .distinct()
                            .sorted()
                            .filter(term -> weight(encoding.vectors(), of, term) == 0)
                            .toArray());
                }
            }
            assertThat(wanted).anyMatch(terms -> terms.length > 0);

            for (int step = 0; step < 60; step++) {
                try (Encoding encoding = model.encode(texts, TextRole.DOCUMENT, Optional.empty(), Remember.RESULTS)) {
                    List<MissingTerms> missing = new ArrayList<>();
                    for (int row = 0; row < texts.size(); row++) {
                        int of = row;
                        int[] terms = IntStream.of(wanted.get(row))
                                .filter(term -> weight(encoding.vectors(), of, term) == 0)
                                .toArray();
                        float[] down = new float[terms.length];
                        Arrays.fill(down, -1);
                        missing.add(new MissingTerms(terms, down));
                    }
                    encoding.backward(new float[encoding.vectors().weights().length], missing);
                }
                optimizer.step(3e-3);
            }

            List<float[]> weights = model.weights(texts, TextRole.DOCUMENT, wanted);
            assertThat(weights).allSatisfy(row -> assertThat(row).doesNotContain(0f));
        }
    }

    @Test
    void dropoutOfATextDoesNotDependOnItsCompany() throws IOException {
        try (LearningModel model =
                LearningModel.open(tiny(), LearningOptions.whole(1).withDropout(DROPOUT))) {
            List<int[]> texts = model.tokenize(texts(5), TextRole.DOCUMENT);
            Optional<Draw> draw = Optional.of(new Draw(1, 1));
            try (Encoding together = model.encode(texts, TextRole.DOCUMENT, draw, Remember.NOTHING);
                    Encoding alone = model.encode(texts.subList(0, 1), TextRole.DOCUMENT, draw, Remember.NOTHING);
                    Encoding otherDraw = model.encode(
                            texts.subList(0, 1), TextRole.DOCUMENT, Optional.of(new Draw(1, 2)), Remember.NOTHING)) {
                assertThat(alone.vectors().row(0).ids())
                        .isEqualTo(together.vectors().row(0).ids());
                assertThat(alone.vectors().row(0))
                        .isNotEqualTo(otherDraw.vectors().row(0));
            }
        }
    }

    @Test
    void aSavedCheckpointServesWhatWasLearned() throws IOException {
        List<SparseMatrix> learned = new ArrayList<>();
        Path target = temporary.resolve("learned");
        try (LearningModel model = LearningModel.open(tiny(), LearningOptions.whole(1));
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            steps(model, optimizer, 0, 5, Remember.RESULTS);
            model.save(target, TensorType.F32, "learned");
            try (Encoding encoding = model.encode(
                    model.tokenize(texts(9), TextRole.DOCUMENT),
                    TextRole.DOCUMENT,
                    Optional.empty(),
                    Remember.NOTHING)) {
                learned.add(encoding.vectors());
            }
        }

        assertServes(target, learned.getFirst(), List.of());
    }

    @Test
    void weightsUnderOlderNamesAreSavedOnceUnderTodays() throws IOException {
        Path old = tiny().directory();
        SortedMap<String, Tensor> renamed = new TreeMap<>();
        try (WeightFiles files = WeightFiles.open(old)) {
            // As bare backbones leave the prefix out, and as norms were once called.
            for (String name : files.tensors()) {
                String bare = name.startsWith("bert.") ? name.substring("bert.".length()) : name;
                renamed.put(
                        bare.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"),
                        files.tensor(name));
            }
        }
        SafetensorsWriter.write(old.resolve(WeightFiles.SINGLE), renamed, TensorType.F32);
        Path target = temporary.resolve("learned");
        SparseMatrix learned;
        try (LearningModel model = LearningModel.open(Checkpoint.open(old), LearningOptions.whole(1));
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            steps(model, optimizer, 0, 3, Remember.RESULTS);
            model.save(target, TensorType.F32, "learned");
            try (Encoding encoding = model.encode(
                    model.tokenize(texts(9), TextRole.DOCUMENT),
                    TextRole.DOCUMENT,
                    Optional.empty(),
                    Remember.NOTHING)) {
                learned = encoding.vectors();
            }
        }

        assertServes(target, learned, List.of());
        try (WeightFiles saved = WeightFiles.open(target)) {
            assertThat(saved.tensors()).hasSameSizeAs(renamed.keySet());
        }
    }

    @Test
    void anAdapterServesMergedAndBesideItsBase() throws IOException {
        LearningOptions options = new LearningOptions(
                1, Dropout.NONE, List.of(), Optional.of(new AdapterOptions(4, 8, List.of("query", "value"))));
        Path merged = temporary.resolve("merged");
        Path adapter = temporary.resolve("adapter");
        SparseMatrix learned;
        Checkpoint base = tiny();
        try (LearningModel model = LearningModel.open(base, options);
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            assertThat(model.learnedSize()).isEqualTo(2L * 2 * 2 * 4 * 32);
            steps(model, optimizer, 0, 5, Remember.RESULTS);
            model.save(merged, TensorType.F32, "merged");
            model.saveAdapter(adapter);
            try (Encoding encoding = model.encode(
                    model.tokenize(texts(9), TextRole.DOCUMENT),
                    TextRole.DOCUMENT,
                    Optional.empty(),
                    Remember.NOTHING)) {
                learned = encoding.vectors();
            }
        }

        assertServes(merged, learned, List.of());
        assertServes(base.directory(), learned, List.of(adapter));
    }

    private static void assertServes(Path directory, SparseMatrix learned, List<Path> adapters) throws IOException {
        try (SparseEncoder encoder =
                SparseEncoders.open(directory, EncoderOptions.defaults().withAdapters(adapters))) {
            SparseMatrix served = SparseMatrix.of(
                    encoder.encode(encoder.tokenize(texts(9), TextRole.DOCUMENT), TextRole.DOCUMENT),
                    encoder.vocabularySize());
            assertThat(served.terms()).isEqualTo(learned.terms());
            for (int i = 0; i < served.weights().length; i++) {
                assertThat(Math.abs(served.weights()[i] - learned.weights()[i])).isLessThan(1e-5f);
            }
        }
    }

    @Test
    void queriesWithoutAModelStayAndTheirDocumentsAreLearned() throws IOException {
        Checkpoint base = tiny();
        RoleContract document = base.contract().document();
        RoleContract query = new RoleContract(
                document.text(),
                document.reading(),
                new HeadContract.Binary(1, Pooling.MAX, document.head().outputs()),
                document.pruning());
        Checkpoint asymmetric = base.withContract(new EncodingContract(
                "asymmetric", query, document, base.contract().digests()));
        try (LearningModel model = LearningModel.open(asymmetric, LearningOptions.whole(1));
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            List<int[]> texts = model.tokenize(List.of("w7 w9 w7"), TextRole.QUERY);
            try (Encoding queries = model.encode(texts, TextRole.QUERY, Optional.empty(), Remember.RESULTS)) {
                assertThat(queries.vectors().row(0).ids()).contains(7, 9);
                queries.backward(new float[queries.vectors().weights().length]);
            }
            List<SparseMatrix> seen = steps(model, optimizer, 0, 2, Remember.RESULTS);
            assertThat(seen.get(1)).isNotEqualTo(seen.get(0));
            model.save(temporary.resolve("asymmetric"), TensorType.F32, "asymmetric");
        }
    }

    @Test
    void frozenWeightsStayAndMistypedOnesAreRefused() throws IOException {
        Checkpoint checkpoint = tiny();
        LearningOptions frozen =
                new LearningOptions(1, Dropout.NONE, List.of("bert.encoder.", "bert.embeddings."), Optional.empty());
        try (LearningModel model = LearningModel.open(checkpoint, frozen)) {
            assertThat(model.learnedSize()).isEqualTo(32 * 32 + 3 * 32 + 97);
        }

        LearningOptions mistyped = new LearningOptions(1, Dropout.NONE, List.of("bert.encodr."), Optional.empty());
        assertThatThrownBy(() -> LearningModel.open(checkpoint, mistyped))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("bert.encodr.");
    }

    @Test
    void gradientsThatAreNoNumbersChangeNothing() throws IOException {
        try (LearningModel model = LearningModel.open(tiny(), LearningOptions.whole(1));
                Optimizer optimizer = new Optimizer(model, AdamW.DEFAULT)) {
            List<int[]> texts = model.tokenize(texts(2), TextRole.DOCUMENT);
            try (Encoding encoding = model.encode(texts, TextRole.DOCUMENT, Optional.empty(), Remember.RESULTS)) {
                float[] gradients = new float[encoding.vectors().weights().length];
                gradients[0] = Float.NaN;
                encoding.backward(gradients);
            }

            assertThat(optimizer.step(1e-3)).isNaN();
            assertThat(optimizer.steps()).isZero();
            assertThat(steps(model, optimizer, 0, 1, Remember.RESULTS)).hasSize(1);
        }
    }
}
