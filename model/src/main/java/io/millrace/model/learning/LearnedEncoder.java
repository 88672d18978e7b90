package io.millrace.model.learning;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.TextRole;
import io.millrace.model.backbone.Drops;
import io.millrace.model.backbone.LearnedBackbone;
import io.millrace.model.batch.BatchPlan;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.engine.GradientMode;
import io.millrace.model.engine.InferenceThreads;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.learned.HeadInput;
import io.millrace.model.head.learned.LearnedHead;
import io.millrace.model.head.learned.LearnedHead.Pooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A transformer with its heads, being learned: texts through lanes, forth and back. To be used by one thread. */
final class LearnedEncoder implements Learner {
    /**
     * Cells of a chunk. What is recorded of a chunk must be held, and what its weights are made of is made anew; between 1,024
     * and 8,192 cells neither is felt.
     */
    private static final BatchPlan PLAN = new BatchPlan(2048, 128);

    private final KernelLibrary kernels;
    private final LearnedWeights weights;
    private final Map<TextRole, Part> parts;
    private final Optional<LanguagePart> language;
    private final Map<ReadingMode, LearnedBackbone> backbones;
    private final List<Lane> lanes;
    private final InferenceThreads threads;

    /**
     * How texts of a role go.
     *
     * @param outputs number of terms
     */
    record Part(InputLayout layout, LearnedBackbone backbone, LearnedHead head, int outputs) {}

    /**
     * Everything that an encoder computes.
     *
     * @param roles vectors of texts
     * @param language the next token; empty for encoders that are no decoders
     */
    record Parts(Map<TextRole, Part> roles, Optional<LanguagePart> language) {}

    /** Over loaded weights and the parts that use them, all of which {@link #close} frees. */
    LearnedEncoder(
            KernelLibrary kernels,
            LearnedWeights weights,
            Parts parts,
            Map<ReadingMode, LearnedBackbone> backbones,
            int lanes) {
        this.kernels = kernels;
        this.weights = weights;
        this.parts = parts.roles();
        this.language = parts.language();
        this.backbones = backbones;
        this.lanes = IntStream.range(0, lanes).mapToObj(i -> new Lane(weights)).toList();
        this.threads = InferenceThreads.create(lanes);
    }

    @Override
    public KernelLibrary kernels() {
        return kernels;
    }

    @Override
    public LearnedWeights weights() {
        return weights;
    }

    @Override
    public List<Lane> lanes() {
        return lanes;
    }

    @Override
    public <T> T call(Callable<T> task) {
        return threads.call(task);
    }

    @Override
    public double rateFactor() {
        return 1;
    }

    Encoding encode(List<int[]> texts, TextRole role, Optional<Drops> drops, Remember remember) {
        Part part = Objects.requireNonNull(parts.get(role));
        List<Chunk> chunks = chunks(texts, role, part.layout(), drops);
        onLanes(chunks, (chunk, lane) -> {
            PtNDManager scope = PyTorchRuntime.newManager();
            try {
                Pooled pooled =
                        GradientMode.with(remember == Remember.RESULTS, () -> forward(chunk, part, lane, scope));
                chunk.computed(pooled.vectors());
                if (remember == Remember.RESULTS) {
                    chunk.remember(scope, pooled);
                }
            } finally {
                if (chunk.pooled().isEmpty()) {
                    scope.close();
                }
            }
        });
        return Encoding.of(this, chunks, texts.size(), part.outputs());
    }

    /** Weights of some terms alone, 0 where a text lacks them. */
    List<float[]> weights(List<int[]> texts, TextRole role, List<int[]> terms) {
        Part part = Objects.requireNonNull(parts.get(role));
        List<Chunk> chunks = chunks(texts, role, part.layout(), Optional.empty());
        float[][] weights = new float[texts.size()][];
        Arrays.setAll(weights, i -> new float[terms.get(i).length]);
        onLanes(chunks, (chunk, lane) -> {
            try (PtNDManager scope = PyTorchRuntime.newManager()) {
                LaneWeights view = lane.in(scope, Optional.empty());
                List<int[]> some =
                        Arrays.stream(chunk.rows()).mapToObj(terms::get).toList();
                List<float[]> found = GradientMode.with(false, () -> {
                    PtNDArray states = part.backbone().hiddenStates(chunk.input(), view, Optional.empty(), scope);
                    return part.head()
                            .weights(
                                    new HeadInput(states, chunk.input().reader(), Optional.empty()), view, scope, some);
                });
                for (int i = 0; i < chunk.rows().length; i++) {
                    // Each text is in one chunk, so lanes write to different places.
                    weights[chunk.rows()[i]] = found.get(i);
                }
            }
        });
        return List.of(weights);
    }

    private static List<Chunk> chunks(List<int[]> texts, TextRole role, InputLayout layout, Optional<Drops> drops) {
        int[] lengths = texts.stream()
                .mapToInt(text -> layout.counts(text) ? layout.cells(text.length) : 0)
                .toArray();
        List<Chunk> chunks = new ArrayList<>();
        for (int[] rows : PLAN.group(lengths)) {
            Optional<Drops> own = drops.map(all -> all.of(rows));
            chunks.add(new Chunk(
                    role,
                    rows,
                    layout.of(Arrays.stream(rows).mapToObj(texts::get).toList()),
                    own));
        }
        return chunks;
    }

    private static Pooled forward(Chunk chunk, Part part, Lane lane, PtNDManager scope) {
        LaneWeights view = lane.in(scope, chunk.drops());
        PtNDArray states = part.backbone().hiddenStates(chunk.input(), view, chunk.drops(), scope);
        return part.head().pool(new HeadInput(states, chunk.input().reader(), chunk.drops()), view, scope);
    }

    /** Goes back through chunks, computing anew what was not remembered. */
    void backward(List<Chunk> chunks, Function<Chunk, Encoding.Slopes> gradients) {
        onLanes(chunks, (chunk, lane) -> {
            Encoding.Slopes given = gradients.apply(chunk);
            Optional<Pooled> remembered = chunk.pooled();
            if (remembered.isPresent()) {
                remembered.get().backward(given.weights(), given.missing());
                chunk.forget();
                return;
            }
            Part part = Objects.requireNonNull(parts.get(chunk.role()));
            try (PtNDManager scope = PyTorchRuntime.newManager()) {
                GradientMode.with(true, () -> forward(chunk, part, lane, scope))
                        .backward(given.weights(), given.missing());
            }
        });
    }

    /**
     * Adds the gradients of a language model's loss, the mean over all tokens.
     *
     * @param scale factor of the gradients
     */
    LanguageLoss language(List<int[]> sequences, LanguageWeights factors, Optional<Drops> drops, double scale) {
        LanguagePart part = language.orElseThrow(() -> new IllegalStateException(
                "only decoders with a language-model head predict the next token, and this model is none"));
        long tokens = 0;
        for (int[] sequence : sequences) {
            if (sequence.length > part.maxTokens()) {
                throw new IllegalArgumentException(
                        "a sequence has " + sequence.length + " tokens, but the model reads " + part.maxTokens());
            }
            tokens += Math.max(0, sequence.length - 1);
        }
        if (tokens == 0) {
            throw new IllegalArgumentException("no sequence has a token that follows another; give longer ones");
        }
        NextToken objective = new NextToken(kernels, part.backbone(), part.projection(), factors, scale / tokens);
        List<Chunk> chunks = chunks(sequences, TextRole.DOCUMENT, LanguagePart.layout(), drops);
        Map<Chunk, double[]> sums = new ConcurrentHashMap<>();
        onLanes(chunks, (chunk, lane) -> {
            try (PtNDManager scope = PyTorchRuntime.newManager()) {
                sums.put(
                        chunk,
                        GradientMode.with(true, () -> objective.learn(chunk, lane.in(scope, chunk.drops()), scope)));
            }
        });
        double plain = 0;
        double rectified = 0;
        for (Chunk chunk : chunks) {
            double[] sum = Objects.requireNonNull(sums.get(chunk));
            plain += sum[0];
            rectified += sum[1];
        }
        return new LanguageLoss(plain / tokens, rectified / tokens, tokens);
    }

    private interface Work {
        void run(Chunk chunk, Lane lane);
    }

    /** Every so manieth chunk on each lane, in order. */
    private void onLanes(List<Chunk> chunks, Work work) {
        List<Callable<Boolean>> tasks = new ArrayList<>();
        for (int l = 0; l < lanes.size(); l++) {
            int first = l;
            tasks.add(() -> {
                for (int c = first; c < chunks.size(); c += lanes.size()) {
                    work.run(chunks.get(c), lanes.get(first));
                }
                return true;
            });
        }
        threads.callAll(tasks);
    }

    @Override
    public void close() {
        threads.close();
        lanes.forEach(Lane::close);
        backbones.values().forEach(LearnedBackbone::close);
        language.ifPresent(LanguagePart::close);
        weights.close();
        kernels.close();
    }
}
