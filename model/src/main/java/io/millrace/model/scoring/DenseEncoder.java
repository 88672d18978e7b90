package io.millrace.model.scoring;

import ai.djl.pytorch.engine.PtNDArray;
import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.layout.DenseLayout;
import io.millrace.model.layout.EncoderFiles;
import io.millrace.model.tokenizer.TextReader;
import io.millrace.model.tokenizer.TextTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A dense bi-encoder of BERT's family (Reimers and Gurevych 2019), saved by sentence-transformers: one vector a text. A
 * vector is bit for bit the same whatever is encoded beside it. Safe for many threads.
 */
public final class DenseEncoder implements AutoCloseable {
    /** Below this length a vector is divided by it instead, as PyTorch's normalize does. */
    private static final double LEAST_LENGTH = 1e-12;

    private final DenseLayout layout;
    private final InputLayout input;
    private final TextTokenizer tokenizer;
    private final Map<TextRole, TextReader> readers;
    private final LoadedModel<Boolean> model;

    private DenseEncoder(
            DenseLayout layout,
            TextTokenizer tokenizer,
            Map<TextRole, TextReader> readers,
            LoadedModel<Boolean> model) {
        this.layout = layout;
        this.input =
                new InputLayout(ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.KEEP), new BitSet(), 0, 0);
        this.tokenizer = tokenizer;
        this.readers = readers;
        this.model = model;
    }

    /**
     * Loads a model.
     *
     * @param directory with {@code modules.json}, see {@link DenseLayout}
     * @throws InvalidModelException if the checkpoint is damaged or not of that kind
     * @throws IOException if a file cannot be read
     */
    public static DenseEncoder open(Path directory, EncoderOptions options) throws IOException {
        PyTorchRuntime.configure();
        DenseLayout layout = DenseLayout.of(directory, options.maxTokens());
        EncoderFiles files = layout.files();
        TextTokenizer tokenizer = TextTokenizer.open(files.directory().resolve(Checkpoint.TOKENIZER));
        try {
            Map<TextRole, TextReader> readers = new EnumMap<>(TextRole.class);
            for (TextRole role : TextRole.values()) {
                readers.put(
                        role,
                        TextReader.of(
                                tokenizer, layout.text(role), files.vocabulary(), directory + ": texts of a " + role));
            }
            int longest = Math.max(layout.query().maxTokens(), layout.document().maxTokens());
            return new DenseEncoder(
                    layout,
                    tokenizer,
                    readers,
                    LoadedModel.open(
                            new LoadedModel.Request(files.directory(), files.transformer(), longest, options),
                            (parameters, width, owner) -> true));
        } catch (IOException | RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    /** What the directory says about the model. */
    public DenseLayout layout() {
        return layout;
    }

    /**
     * Vectors of texts, in order [B][H]. A text that is too long is cut.
     *
     * @param role whose prompt is put before the texts
     */
    public float[][] encode(List<String> texts, TextRole role) {
        TextReader reader = readers.get(role);
        if (reader == null) {
            throw new IllegalStateException("there is no reader for a " + role);
        }
        List<int[]> tokens = texts.stream()
                .map(text -> reader.read(text).pieces().getFirst())
                .toList();
        float[][] vectors = new float[texts.size()][];
        model.forEach(
                tokens.stream().mapToInt(ids -> ids.length).toArray(),
                group -> input.of(Arrays.stream(group).mapToObj(tokens::get).toList()),
                (nothing, states, cells) -> pooled(states, cells),
                (group, pooled) -> {
                    for (int i = 0; i < group.length; i++) {
                        vectors[group[i]] = pooled[i];
                    }
                });
        return vectors;
    }

    /** One vector a text of states [N, H], summed in double, so that their order hardly matters. */
    private float[][] pooled(PtNDArray states, TokenBatch cells) {
        float[] values = PyTorchRuntime.onHost(states).toFloatArray();
        int width = values.length / cells.cells();
        int[] starts = cells.starts();
        float[][] vectors = new float[cells.size()][];
        for (int b = 0; b < vectors.length; b++) {
            int length = layout.pooling() == DenseLayout.Pooling.MEAN ? cells.lengths()[b] : 1;
            double[] sum = new double[width];
            for (int t = 0; t < length; t++) {
                int row = (starts[b] + t) * width;
                for (int h = 0; h < width; h++) {
                    sum[h] += values[row + h];
                }
            }
            vectors[b] = finished(sum, length);
        }
        return vectors;
    }

    private float[] finished(double[] sum, int length) {
        double divisor = length;
        if (layout.normalized()) {
            double squares = 0;
            for (double value : sum) {
                squares += value / length * (value / length);
            }
            divisor *= Math.max(Math.sqrt(squares), LEAST_LENGTH);
        }
        float[] vector = new float[sum.length];
        for (int h = 0; h < vector.length; h++) {
            vector[h] = (float) (sum[h] / divisor);
        }
        return vector;
    }

    /** Frees the weights; calls that run must have ended. Idempotent. */
    @Override
    public void close() {
        model.close();
        tokenizer.close();
    }
}
