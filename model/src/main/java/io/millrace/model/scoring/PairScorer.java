package io.millrace.model.scoring;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.adapter.AdaptedTensors;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.architecture.BackboneSpec;
import io.millrace.model.architecture.BertArchitecture;
import io.millrace.model.architecture.LlamaArchitecture;
import io.millrace.model.backbone.ArrayBackbone;
import io.millrace.model.backbone.Backbone;
import io.millrace.model.backbone.KernelBackbone;
import io.millrace.model.batch.BatchPlan;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.batch.TokenPair;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.device.Placement;
import io.millrace.model.engine.InferenceThreads;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.LinearPacker;
import io.millrace.model.engine.PackedParameters;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.memory.DeviceMemory;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.model.tokenizer.PairTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * A transformer that reads a query and a document together and gives one score, the logit as it is: BERT cross-encoders
 * such as MiniLM-L-6, and RankLLaMA (Ma et al. 2023), whose adapter brings the score layer. Safe for many threads.
 */
public final class PairScorer implements AutoCloseable {
    /** Longest pair of a decoder, in tokens: attention to more would be slow and was not trained. */
    private static final int DECODER_TOKENS = 1_024;

    private static final BatchPlan PLAN = new BatchPlan(256, 64);

    /** As for encoding, a device wants much at a time. */
    private static final BatchPlan DEVICE_PLAN = new BatchPlan(16_384, 256);

    private final PairTokenizer tokenizer;
    private final PairTemplate template;
    private final int maxTokens;
    private final InferenceThreads threads;
    private final BatchPlan plan;
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private volatile Optional<Parts> parts = Optional.empty();

    private record Parts(Backbone backbone, ScoreLayers layers) {}

    private PairScorer(
            PairTokenizer tokenizer, PairTemplate template, int maxTokens, InferenceThreads threads, BatchPlan plan) {
        this.tokenizer = tokenizer;
        this.template = template;
        this.maxTokens = maxTokens;
        this.threads = threads;
        this.plan = plan;
    }

    /**
     * Loads a checkpoint of sequence classification with one label.
     *
     * @param directory with {@code config.json}, {@code tokenizer.json} and weights
     * @param options adapters among them
     * @throws InvalidModelException if the checkpoint is damaged or not of that kind
     * @throws IOException if a file cannot be read
     */
    public static PairScorer open(Path directory, EncoderOptions options) throws IOException {
        PyTorchRuntime.start();
        Placement placement = options.placement();
        Architecture architecture = Architectures.read(directory.resolve(Checkpoint.CONFIG));
        boolean decoder = architecture instanceof LlamaArchitecture;
        if (!decoder && !(architecture instanceof BertArchitecture)) {
            throw new InvalidModelException(directory + ": a " + architecture.modelType()
                    + " cannot score pairs here; use a BERT cross-encoder or a Llama with a score layer");
        }
        int longest = decoder ? Math.min(DECODER_TOKENS, architecture.maxPositions()) : architecture.maxPositions();
        int tokens = options.maxTokens().orElse(longest);
        if (tokens > architecture.maxPositions()) {
            throw new InvalidModelException(directory + ": max_tokens is " + tokens + ", but the model has "
                    + architecture.maxPositions() + " positions; lower it");
        }
        PairTemplate template = decoder ? PairTemplate.RANK_LLAMA : PairTemplate.PLAIN;
        PairScorer scorer = new PairScorer(
                PairTokenizer.open(directory.resolve(Checkpoint.TOKENIZER), template.suffix()),
                template,
                tokens,
                InferenceThreads.create(placement.threads(options.threads())),
                placement.onHost() ? PLAN : DEVICE_PLAN);
        try (TensorSource files = AdaptedTensors.open(WeightFiles.open(directory), options.adapters())) {
            DeviceMemory.requireFits(directory, files, options.precision(), placement);
            scorer.threads.call(() -> {
                scorer.build(new Parameters(files, architecture.backbonePrefix()), architecture, options, placement);
                return true;
            });
            return scorer;
        } catch (IOException | RuntimeException e) {
            scorer.close();
            throw e;
        }
    }

    private void build(Parameters parameters, Architecture architecture, EncoderOptions options, Placement placement) {
        ReadingMode reading = architecture.readings().getFirst();
        BackboneSpec spec = architecture.backbone(reading);
        PtNDManager owner = keep(PyTorchRuntime.newManager());
        Optional<KernelLibrary> library =
                options.kernels() == EncoderOptions.Kernels.PLAIN ? Optional.empty() : KernelLibrary.load(placement);
        library.ifPresent(this::keep);
        Backbone backbone = library.isPresent()
                ? new KernelBackbone(
                        library.get(),
                        spec,
                        keep(new PackedParameters(parameters, new LinearPacker(library.get()), options.precision())),
                        maxTokens)
                : new ArrayBackbone(spec, parameters, owner);
        keep(backbone);
        ScoreLayers layers = architecture instanceof BertArchitecture
                ? ScoreLayers.pooled(parameters, spec.reader().outputWidth(), owner)
                : ScoreLayers.linear(parameters, spec.reader().outputWidth(), owner);
        List<String> unused = new ArrayList<>(architecture.unused(reading));
        unused.add(architecture.projection(reading).weight().name());
        parameters.refuseUnread(unused);
        parts = Optional.of(new Parts(backbone, layers));
    }

    private <T extends AutoCloseable> T keep(T resource) {
        resources.push(resource);
        return resource;
    }

    /** Scores of pairs, in order. Where a pair is too long, the longer of its texts is cut, token by token. */
    public float[] score(List<TextPair> pairs) {
        List<TokenPair> tokens = pairs.stream()
                .map(pair -> tokenizer.tokenize(template.query(pair), template.document(pair), maxTokens))
                .toList();
        return scoreTokens(tokens);
    }

    /** Scores of tokenised pairs, in order. */
    float[] scoreTokens(List<TokenPair> pairs) {
        int[] lengths = pairs.stream().mapToInt(pair -> pair.ids().length).toArray();
        List<int[]> groups = plan.group(lengths);
        List<float[]> scores = threads.callAll(groups.stream()
                .<Callable<float[]>>map(group ->
                        () -> forward(Arrays.stream(group).mapToObj(pairs::get).toList()))
                .toList());
        float[] all = new float[pairs.size()];
        for (int g = 0; g < groups.size(); g++) {
            for (int i = 0; i < groups.get(g).length; i++) {
                all[groups.get(g)[i]] = scores.get(g)[i];
            }
        }
        return all;
    }

    private float[] forward(List<TokenPair> pairs) {
        Parts model = parts.orElseThrow();
        ModelInput input = TokenPair.layout(pairs, template == PairTemplate.RANK_LLAMA);
        try (PtNDManager scope = PyTorchRuntime.newManager()) {
            PtNDArray states = model.backbone().hiddenStates(input, scope);
            return model.layers().scores(states, input.reader());
        }
    }

    /** Longest pair read, in tokens. */
    public int maxTokens() {
        return maxTokens;
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
