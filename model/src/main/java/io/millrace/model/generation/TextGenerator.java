package io.millrace.model.generation;

import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.adapter.AdaptedTensors;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.batch.BatchPlan;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.TextContract;
import io.millrace.model.device.Placement;
import io.millrace.model.engine.InferenceThreads;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.memory.DeviceMemory;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.model.tokenizer.TextReader;
import io.millrace.model.tokenizer.TextTokenizer;
import io.millrace.model.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

/**
 * A model that writes text: a T5, such as docT5query, answers a text that its encoder reads once; an OPT, Llama, Mistral or Qwen
 * goes on with it. Of what has been read, keys and values are kept, so that each new token is read by itself. What is written
 * for a text does not depend on what else is in the batch. Safe for many threads.
 */
public final class TextGenerator implements AutoCloseable {
    /** {@code eos_token_id} of every published T5, some of whose files leave it out. */
    private static final int T5_END = 1;

    /** Sequences written together: enough rows that weights are not read from memory for few of them. */
    private static final int MAX_SEQUENCES = 32;

    /** Most keys and values kept at once by a thread, but for a single sequence, which may take more. */
    private static final long MAX_CACHE_BYTES = 256L << 20;

    /** Most tokens read together before writing. */
    private static final int MAX_PADDED_TOKENS = 1_024;

    private final TextTokenizer tokenizer;
    private final TextReader reader;
    private final Limits limits;
    private final Set<Integer> ends;
    private final InferenceThreads threads;
    private volatile Optional<WritingModel> model = Optional.empty();

    /**
     * Lengths in tokens.
     *
     * @param written most that are written for a text
     * @param whole most of a text and what is written behind it
     */
    private record Limits(int written, int whole) {
        /** As much may be written as may be read. */
        static Limits of(Architecture architecture, TextContract contract) {
            int most = contract.maxTokens();
            boolean answers = architecture.decoderStart().isPresent();
            return new Limits(most, answers ? most + 1 : Math.min(2 * most, architecture.maxPositions()));
        }
    }

    private TextGenerator(
            TextTokenizer tokenizer, TextReader reader, Limits limits, Set<Integer> ends, InferenceThreads threads) {
        this.tokenizer = tokenizer;
        this.reader = reader;
        this.limits = limits;
        this.ends = ends;
        this.threads = threads;
    }

    /**
     * Loads a checkpoint.
     *
     * @param directory with {@code config.json}, {@code tokenizer.json} and weights
     * @param contract what is put around a text and where it is cut
     * @throws InvalidModelException if the checkpoint is damaged or of a family that cannot write, or kernels do not load here
     * @throws IOException if a file cannot be read
     */
    public static TextGenerator open(Path directory, TextContract contract, EncoderOptions options) throws IOException {
        PyTorchRuntime.start();
        Placement placement = options.placement();
        Architecture architecture = Architectures.read(directory.resolve(Checkpoint.CONFIG));
        if (WritingModel.reading(architecture).isEmpty()) {
            throw new InvalidModelException(directory + " is no T5, OPT, Llama, Mistral or Qwen but a "
                    + architecture.modelType() + ", which cannot write text; name a model of one of those families");
        }
        Set<Integer> named = EndTokens.read(directory);
        Set<Integer> ends =
                named.isEmpty() && architecture.decoderStart().isPresent() ? Set.of(T5_END) : Set.copyOf(named);
        Limits limits = Limits.of(architecture, contract);
        Path tokenizerJson = directory.resolve(Checkpoint.TOKENIZER);
        Vocabulary vocabulary = Vocabulary.read(tokenizerJson);
        TextTokenizer tokenizer = TextTokenizer.open(tokenizerJson);
        TextGenerator generator;
        try {
            TextReader reader = TextReader.of(tokenizer, contract, vocabulary, "text");
            generator = new TextGenerator(
                    tokenizer, reader, limits, ends, InferenceThreads.create(placement.threads(options.threads())));
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
        try (TensorSource files = AdaptedTensors.open(WeightFiles.open(directory), options.adapters())) {
            DeviceMemory.requireFits(directory, files, options.precision(), placement);
            Parameters parameters = new Parameters(files, architecture.backbonePrefix());
            generator.model = Optional.of(generator.threads.call(
                    () -> new WritingModel(architecture, parameters, options.precision(), placement, limits.whole())));
            return generator;
        } catch (IOException | RuntimeException e) {
            generator.close();
            throw e;
        }
    }

    /** Whether texts are answered, as a T5 does, rather than gone on with. */
    public boolean answers() {
        return model.orElseThrow().answers();
    }

    /** A text for each text, in order; without control tokens. */
    public List<String> generate(List<String> texts, Sampling sampling) {
        return generate(texts, List.of(sampling)).stream().map(List::getFirst).toList();
    }

    /**
     * Texts for each text, in order: one for each sampling, as if it were the only one. A text is read once for many.
     *
     * @throws IllegalArgumentException if a sampling writes more tokens than the contract cuts texts at, or a text and what is to
     *     be written behind it are longer than the model's positions
     */
    public List<List<String>> generate(List<String> texts, List<Sampling> samplings) {
        List<int[]> tokens = reader.read(texts).stream()
                .map(text -> text.pieces().getFirst())
                .toList();
        return generateTokens(tokens, samplings).stream()
                .map(written -> written.stream().map(tokenizer::decode).toList())
                .toList();
    }

    /** Tokens written for tokenised texts, in order, for each one sequence a sampling; up to and with the end token. */
    List<List<int[]>> generateTokens(List<int[]> texts, List<Sampling> samplings) {
        WritingModel writer = model.orElseThrow();
        int sequences = sequences(texts, samplings, writer);
        List<Callable<Boolean>> batches = new ArrayList<>();
        int[][][] written = new int[texts.size()][samplings.size()][0];
        for (int[] wave : waves(samplings.size(), sequences)) {
            BatchPlan plan = new BatchPlan(MAX_PADDED_TOKENS, Math.max(1, sequences / wave.length));
            for (int[] group :
                    plan.group(texts.stream().mapToInt(text -> text.length).toArray())) {
                TextBatch batch = new TextBatch(
                        writer,
                        ends,
                        Arrays.stream(group).mapToObj(texts::get).toList(),
                        Arrays.stream(wave).mapToObj(samplings::get).toList());
                batches.add(() -> {
                    int[][] sequence = batch.write();
                    for (int i = 0; i < sequence.length; i++) {
                        written[group[i / wave.length]][wave[i % wave.length]] = sequence[i];
                    }
                    return true;
                });
            }
        }
        threads.callAll(batches);
        return Arrays.stream(written).map(List::of).toList();
    }

    /** How many sequences may be written together. */
    private int sequences(List<int[]> texts, List<Sampling> samplings, WritingModel writer) {
        int most = samplings.stream().mapToInt(Sampling::maxTokens).max().orElse(0);
        int longest = texts.stream().mapToInt(text -> text.length).max().orElse(0);
        int whole = writer.promptTokens(longest) + most;
        if (most > limits.written()) {
            throw new IllegalArgumentException("maxTokens is " + most + ", but positions were prepared for "
                    + limits.written() + "; open the generator with more");
        }
        if (whole > limits.whole()) {
            throw new IllegalArgumentException("a text of " + longest + " tokens and " + most
                    + " more behind it are longer than the " + limits.whole()
                    + " positions that the model has; cut texts earlier, or write fewer tokens");
        }
        long cached = writer.backbone().bytesPerToken() * Math.max(1, whole);
        return Math.clamp(MAX_CACHE_BYTES / cached, 1, MAX_SEQUENCES);
    }

    /** Numbers below {@code count} in as few parts of at most {@code size} as there can be, all about as large. */
    private static List<int[]> waves(int count, int size) {
        int parts = Math.ceilDiv(count, size);
        return IntStream.range(0, parts)
                .mapToObj(part -> IntStream.range(count * part / parts, count * (part + 1) / parts)
                        .toArray())
                .toList();
    }

    /** Frees the weights; calls that run must have ended. Idempotent. */
    @Override
    public void close() {
        threads.call(() -> {
            model.ifPresent(WritingModel::close);
            return true;
        });
        threads.close();
        tokenizer.close();
    }
}
