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
import io.millrace.model.head.learned.LearnedHead;
import io.millrace.model.head.learned.LearnedHead.Pooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A transformer with its heads, being learned: texts through lanes, forth and back. To be used by one thread. */
final class LearnedEncoder implements AutoCloseable {
    /**
     * Cells of a chunk. What is recorded of a chunk must be held, and what its weights are made of is made anew; between 1,024
     * and 8,192 cells neither is felt.
     */
    private static final BatchPlan PLAN = new BatchPlan(2048, 128);

    private final KernelLibrary kernels;
    private final LearnedWeights weights;
    private final Map<TextRole, Part> parts;
    private final Map<ReadingMode, LearnedBackbone> backbones;
    private final List<Lane> lanes;
    private final InferenceThreads threads;

    /**
     * How texts of a role go.
     *
     * @param outputs number of terms
     */
    record Part(InputLayout layout, LearnedBackbone backbone, LearnedHead head, int outputs) {}

    /** Over loaded weights and the parts that use them, all of which {@link #close} frees. */
    LearnedEncoder(
            KernelLibrary kernels,
            LearnedWeights weights,
            Map<TextRole, Part> parts,
            Map<ReadingMode, LearnedBackbone> backbones,
            int lanes) {
        this.kernels = kernels;
        this.weights = weights;
        this.parts = parts;
        this.backbones = backbones;
        this.lanes = IntStream.range(0, lanes).mapToObj(i -> new Lane(weights)).toList();
        this.threads = InferenceThreads.create(lanes);
    }

    KernelLibrary kernels() {
        return kernels;
    }

    LearnedWeights weights() {
        return weights;
    }

    List<Lane> lanes() {
        return lanes;
    }

    /** Runs something on a thread that is ready for libtorch, while nothing is recorded. */
    <T> T call(Callable<T> task) {
        return threads.call(task);
    }

    Encoding encode(List<int[]> texts, TextRole role, Optional<Drops> drops, Remember remember) {
        Part part = Objects.requireNonNull(parts.get(role));
        List<Chunk> chunks = chunks(texts, role, part, drops);
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
        return new Encoding(this, chunks, texts.size(), part.outputs());
    }

    private List<Chunk> chunks(List<int[]> texts, TextRole role, Part part, Optional<Drops> drops) {
        int[] lengths = texts.stream()
                .mapToInt(text -> part.layout().counts(text) ? part.layout().cells(text.length) : 0)
                .toArray();
        List<Chunk> chunks = new ArrayList<>();
        for (int[] rows : PLAN.group(lengths)) {
            Optional<Drops> own = drops.map(all -> new Drops(
                    all.seed(),
                    Arrays.stream(rows).mapToLong(row -> all.texts()[row]).toArray(),
                    all.states(),
                    all.attention()));
            chunks.add(new Chunk(
                    role,
                    rows,
                    part.layout().of(Arrays.stream(rows).mapToObj(texts::get).toList()),
                    own));
        }
        return chunks;
    }

    private static Pooled forward(Chunk chunk, Part part, Lane lane, PtNDManager scope) {
        LaneWeights view = lane.in(scope);
        PtNDArray states = part.backbone().hiddenStates(chunk.input(), view, chunk.drops(), scope);
        return part.head().pool(states, chunk.input().reader(), view, scope);
    }

    /** Goes back through chunks, computing anew what was not remembered. */
    void backward(List<Chunk> chunks, Function<Chunk, List<float[]>> gradients) {
        onLanes(chunks, (chunk, lane) -> {
            List<float[]> given = gradients.apply(chunk);
            Optional<Pooled> remembered = chunk.pooled();
            if (remembered.isPresent()) {
                remembered.get().backward(given);
                chunk.forget();
                return;
            }
            Part part = Objects.requireNonNull(parts.get(chunk.role()));
            try (PtNDManager scope = PyTorchRuntime.newManager()) {
                GradientMode.with(true, () -> forward(chunk, part, lane, scope)).backward(given);
            }
        });
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
        weights.close();
        kernels.close();
    }
}
