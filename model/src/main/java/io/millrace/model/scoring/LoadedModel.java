package io.millrace.model.scoring;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.EncoderOptions;
import io.millrace.model.adapter.AdaptedTensors;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.BackboneSpec;
import io.millrace.model.backbone.ArrayBackbone;
import io.millrace.model.backbone.Backbone;
import io.millrace.model.backbone.KernelBackbone;
import io.millrace.model.batch.BatchPlan;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.batch.TokenBatch;
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
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * A backbone, read as its family is trained to be, and what comes behind it, on its inference threads. Safe for many
 * threads.
 *
 * @param <L> what comes behind the backbone
 */
final class LoadedModel<L> implements AutoCloseable {
    private static final BatchPlan PLAN = new BatchPlan(256, 64);

    /** As for encoding, a device wants much at a time. */
    private static final BatchPlan DEVICE_PLAN = new BatchPlan(16_384, 256);

    private final InferenceThreads threads;
    private final BatchPlan plan;
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private volatile Optional<Parts<L>> parts = Optional.empty();

    private record Parts<L>(Backbone backbone, L behind) {}

    /**
     * What to load.
     *
     * @param directory with the weights
     * @param architecture of the backbone
     * @param maxTokens most tokens of a row
     * @param options adapters among them
     */
    record Request(Path directory, Architecture architecture, int maxTokens, EncoderOptions options) {}

    /** Reads what comes behind a backbone. */
    interface Behind<L> {
        /**
         * Reads it.
         *
         * @param width of states, H
         * @param owner what it is freed with
         */
        L read(Parameters parameters, int width, PtNDManager owner);
    }

    /** Computes something for each text of a batch. */
    interface Step<L, R> {
        /**
         * Computes it.
         *
         * @param states [N, H] of the cells
         */
        R of(L behind, PtNDArray states, TokenBatch cells);
    }

    private LoadedModel(InferenceThreads threads, BatchPlan plan) {
        this.threads = threads;
        this.plan = plan;
    }

    static <L> LoadedModel<L> open(Request request, Behind<L> behind) throws IOException {
        PyTorchRuntime.start();
        EncoderOptions options = request.options();
        Placement placement = options.placement();
        LoadedModel<L> model = new LoadedModel<>(
                InferenceThreads.create(placement.threads(options.threads())), placement.onHost() ? PLAN : DEVICE_PLAN);
        try (TensorSource files = AdaptedTensors.open(WeightFiles.open(request.directory()), options.adapters())) {
            DeviceMemory.requireFits(request.directory(), files, options.precision(), placement);
            model.threads.call(() -> {
                model.build(new Parameters(files, request.architecture().backbonePrefix()), request, behind, placement);
                return true;
            });
            return model;
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        }
    }

    private void build(Parameters parameters, Request request, Behind<L> behind, Placement placement) {
        EncoderOptions options = request.options();
        Architecture architecture = request.architecture();
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
                        request.maxTokens())
                : new ArrayBackbone(spec, parameters, owner);
        keep(backbone);
        L read = behind.read(parameters, spec.reader().outputWidth(), owner);
        List<String> unused = new ArrayList<>(architecture.unused(reading));
        unused.add(architecture.projection(reading).weight().name());
        parameters.refuseUnread(unused);
        parts = Optional.of(new Parts<>(backbone, read));
    }

    private <T extends AutoCloseable> T keep(T resource) {
        resources.push(resource);
        return resource;
    }

    /**
     * Reads texts in batches, side by side.
     *
     * @param lengths tokens of each text
     * @param layout the input of some of them, by their places
     * @param step what is computed of a batch
     * @param take given the places of a batch and what was computed of it, on the calling thread
     */
    <R> void forEach(int[] lengths, Function<int[], ModelInput> layout, Step<L, R> step, BiConsumer<int[], R> take) {
        List<int[]> groups = plan.group(lengths);
        List<R> computed = threads.callAll(groups.stream()
                .<Callable<R>>map(group -> () -> forward(layout.apply(group), step))
                .toList());
        for (int g = 0; g < groups.size(); g++) {
            take.accept(groups.get(g), computed.get(g));
        }
    }

    private <R> R forward(ModelInput input, Step<L, R> step) {
        Parts<L> model = parts.orElseThrow();
        try (PtNDManager scope = PyTorchRuntime.newManager()) {
            return step.of(model.behind(), model.backbone().hiddenStates(input, scope), input.reader());
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
    }
}
