package io.millrace.model.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.adapter.AdaptedTensors;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.architecture.BackboneSpec;
import io.millrace.model.architecture.T5Architecture;
import io.millrace.model.backbone.KernelBackbone;
import io.millrace.model.batch.BatchPlan;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import io.millrace.model.device.Placement;
import io.millrace.model.engine.InferenceThreads;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.LinearPacker;
import io.millrace.model.engine.PackedParameters;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.MlmHeadWeights;
import io.millrace.model.memory.DeviceMemory;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.model.tokenizer.TextReader;
import io.millrace.model.tokenizer.TextTokenizer;
import io.millrace.model.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * A T5 that writes text, such as docT5query. A text is encoded once; at each token the decoder reads what it has written so
 * far again. What is written for a text does not depend on what else is in the batch. Safe for many threads.
 */
public final class TextGenerator implements AutoCloseable {
    private static final int END = 1;
    private static final BatchPlan PLAN = new BatchPlan(1_024, 32);

    private final TextTokenizer tokenizer;
    private final TextReader reader;
    private final TextContract contract;
    private final T5Architecture architecture;
    private final InferenceThreads threads;
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private volatile Optional<Parts> parts = Optional.empty();

    private record Parts(KernelBackbone backbone, MlmHeadWeights head, PtNDArray projection) {}

    private TextGenerator(
            TextTokenizer tokenizer,
            TextReader reader,
            TextContract contract,
            T5Architecture architecture,
            InferenceThreads threads) {
        this.tokenizer = tokenizer;
        this.reader = reader;
        this.contract = contract;
        this.architecture = architecture;
        this.threads = threads;
    }

    /**
     * Loads a T5 checkpoint.
     *
     * @param directory with {@code config.json}, {@code tokenizer.json} and weights
     * @param contract what is put around a text and where it is cut
     * @throws InvalidModelException if the checkpoint is damaged or no T5, or kernels do not load here
     * @throws IOException if a file cannot be read
     */
    public static TextGenerator open(Path directory, TextContract contract, EncoderOptions options) throws IOException {
        PyTorchRuntime.start();
        Placement placement = options.placement();
        if (!(Architectures.read(directory.resolve(Checkpoint.CONFIG)) instanceof T5Architecture t5)) {
            throw new InvalidModelException(directory + " is no T5, and only T5 models write text here");
        }
        Path tokenizerJson = directory.resolve(Checkpoint.TOKENIZER);
        Vocabulary vocabulary = Vocabulary.read(tokenizerJson);
        TextTokenizer tokenizer = TextTokenizer.open(tokenizerJson);
        TextGenerator generator;
        try {
            TextReader reader = TextReader.of(tokenizer, contract, vocabulary, "text");
            generator = new TextGenerator(
                    tokenizer, reader, contract, t5, InferenceThreads.create(placement.threads(options.threads())));
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
        try (TensorSource files = AdaptedTensors.open(WeightFiles.open(directory), options.adapters())) {
            DeviceMemory.requireFits(directory, files, options.precision(), placement);
            generator.threads.call(() -> {
                generator.build(new Parameters(files, t5.backbonePrefix()), options, placement);
                return true;
            });
            return generator;
        } catch (IOException | RuntimeException e) {
            generator.close();
            throw e;
        }
    }

    private void build(Parameters parameters, EncoderOptions options, Placement placement) {
        ReadingMode reading = ReadingMode.ENCODER_DECODER_MULTI;
        BackboneSpec spec = architecture.backbone(reading);
        KernelLibrary kernels = keep(KernelLibrary.load(placement)
                .orElseThrow(() -> new InvalidModelException(
                        "writing text needs the kernels, which do not load here; see the log")));
        PackedParameters packed =
                keep(new PackedParameters(parameters, new LinearPacker(kernels), options.precision()));
        KernelBackbone backbone = keep(new KernelBackbone(kernels, spec, packed, contract.maxTokens() + 1));
        PtNDManager owner = keep(PyTorchRuntime.newManager());
        MlmHeadWeights head = MlmHeadWeights.read(
                parameters,
                architecture.projection(reading),
                spec.reader().embedding().words(),
                owner);
        PtNDArray projection = head.projection().whole(owner);
        parameters.refuseUnread(architecture.unused(reading));
        parts = Optional.of(new Parts(backbone, head, projection));
    }

    private <T extends AutoCloseable> T keep(T resource) {
        resources.push(resource);
        return resource;
    }

    /** A text for each text, in order; without control tokens. */
    public List<String> generate(List<String> texts, Sampling sampling) {
        List<int[]> tokens = reader.read(texts).stream()
                .map(text -> text.pieces().getFirst())
                .toList();
        return generateTokens(tokens, sampling).stream().map(tokenizer::decode).toList();
    }

    /** Tokens written for tokenised texts, in order, up to and with the end token. */
    List<int[]> generateTokens(List<int[]> texts, Sampling sampling) {
        if (sampling.maxTokens() > contract.maxTokens()) {
            throw new IllegalArgumentException("maxTokens is " + sampling.maxTokens()
                    + ", but positions were prepared for " + contract.maxTokens() + "; open the generator with more");
        }
        List<int[]> groups =
                PLAN.group(texts.stream().mapToInt(text -> text.length).toArray());
        List<List<int[]>> written = threads.callAll(groups.stream()
                .<Callable<List<int[]>>>map(group ->
                        () -> write(Arrays.stream(group).mapToObj(texts::get).toList(), sampling))
                .toList());
        int[][] all = new int[texts.size()][0];
        for (int g = 0; g < groups.size(); g++) {
            for (int i = 0; i < groups.get(g).length; i++) {
                all[groups.get(g)[i]] = written.get(g).get(i);
            }
        }
        return List.of(all);
    }

    private List<int[]> write(List<int[]> texts, Sampling sampling) {
        Parts model = parts.orElseThrow();
        InputLayout plain =
                new InputLayout(ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.KEEP), new BitSet(), 0, 0);
        TokenBatch read = plain.of(texts).reader();
        List<int[]> written = new ArrayList<>();
        texts.forEach(text -> written.add(new int[] {architecture.start()}));
        try (IValue across = model.backbone().encoded(read)) {
            for (int step = 0; step < sampling.maxTokens() && !allEnded(written); step++) {
                ModelInput input = new ModelInput(InputLayout.written(written), Optional.of(read));
                float[][] logits = logits(input, across, model);
                for (int b = 0; b < written.size(); b++) {
                    int[] text = written.get(b);
                    if (text[text.length - 1] != END) {
                        int[] longer = Arrays.copyOf(text, text.length + 1);
                        longer[text.length] = sampling.choose(logits[b], step);
                        written.set(b, longer);
                    }
                }
            }
        }
        return written.stream()
                .map(text -> Arrays.copyOfRange(text, 1, text.length))
                .toList();
    }

    private static boolean allEnded(List<int[]> written) {
        return written.stream().allMatch(text -> text[text.length - 1] == END);
    }

    /** Logits [B][V] behind the last token of each text. */
    private static float[][] logits(ModelInput input, IValue across, Parts model) {
        int[] cells = input.reader().counts().stream().toArray();
        try (PtNDManager scope = PyTorchRuntime.newManager()) {
            PtNDArray states = PyTorchRuntime.onHost(model.backbone().hiddenStates(input, across, scope));
            NDArray rows = ((NDManager) scope).create(cells).toType(DataType.INT64, false);
            NDArray logits = model.head().logits(states.get(rows), model.projection());
            int width = (int) logits.getShape().get(1);
            float[] all = logits.toFloatArray();
            float[][] byText = new float[cells.length][];
            for (int b = 0; b < cells.length; b++) {
                byText[b] = Arrays.copyOfRange(all, b * width, (b + 1) * width);
            }
            return byText;
        }
    }

    /** Frees the weights; calls that run must have ended. Idempotent. */
    @Override
    public void close() {
        threads.call(() -> {
            while (!resources.isEmpty()) {
                resources.pop().close();
            }
            return true;
        });
        threads.close();
        tokenizer.close();
    }
}
