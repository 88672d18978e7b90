package io.millrace.model;

import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.adapter.AdaptedTensors;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.backbone.Backbone;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.device.Placement;
import io.millrace.model.engine.InferenceThreads;
import io.millrace.model.engine.InferenceThreads.Priority;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.NativeHeap;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.SparseHead;
import io.millrace.model.memory.DeviceMemory;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Backbone and head on their inference threads: padded token ids in, sparse vectors out. Safe for many threads. */
final class SparseModel implements AutoCloseable {
    private final InferenceThreads threads;
    private final Placement placement;
    /** What to free, last acquired first. Touched by {@link #build} and {@link #close} only. */
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();

    /** By role; roles that need no model are missing. Written once, before anyone else sees it. */
    private volatile Map<TextRole, Parts> parts = Map.of();
    /** Held for reading by calls that use the weights. */
    private final ReadWriteLock closing = new ReentrantReadWriteLock();

    private boolean closed;

    private record Parts(Backbone backbone, SparseHead head) {}

    private SparseModel(InferenceThreads threads, Placement placement) {
        this.threads = threads;
        this.placement = placement;
    }

    /** Loads the weights that both roles of a contract need, see below. */
    static SparseModel load(
            Path directory, Architecture architecture, EncodingContract contract, EncoderOptions options)
            throws IOException {
        return load(directory, architecture, contract, EnumSet.allOf(TextRole.class), options);
    }

    /**
     * Loads the weights that a contract needs, and starts the inference threads.
     *
     * @param directory need not have a tokenizer
     * @param roles that this directory serves
     */
    static SparseModel load(
            Path directory,
            Architecture architecture,
            EncodingContract contract,
            Set<TextRole> roles,
            EncoderOptions options)
            throws IOException {
        return load(directory, architecture, contract, roles, options, options.placement());
    }

    /** The same, but for the device that the options name. */
    static SparseModel load(
            Path directory,
            Architecture architecture,
            EncodingContract contract,
            Set<TextRole> roles,
            EncoderOptions options,
            Placement placement)
            throws IOException {
        PyTorchRuntime.start();
        try (TensorSource files = AdaptedTensors.open(WeightFiles.open(directory), options.adapters())) {
            DeviceMemory.requireFits(directory, files, options.precision(), placement);
            SparseModel model =
                    new SparseModel(InferenceThreads.create(placement.threads(options.threads())), placement);
            try {
                NativeHeap.loading();
                model.threads.call(() -> {
                    Parameters parameters = new Parameters(files, architecture.backbonePrefix());
                    new LoadPlan(directory, architecture, parameters).requireTensors(inferred(contract, roles));
                    model.build(parameters, architecture, contract, roles, options);
                    return true;
                });
            } catch (RuntimeException e) {
                model.close();
                throw e;
            } finally {
                NativeHeap.serving();
            }
            return model;
        }
    }

    private static List<RoleContract> inferred(EncodingContract contract, Set<TextRole> roles) {
        return roles.stream()
                .map(contract::role)
                .filter(role -> role.head().needsModel())
                .toList();
    }

    private void build(
            Parameters parameters,
            Architecture architecture,
            EncodingContract contract,
            Set<TextRole> roles,
            EncoderOptions options) {
        Optional<KernelLibrary> library =
                options.kernels() == EncoderOptions.Kernels.PLAIN ? Optional.empty() : KernelLibrary.load(placement);
        library.ifPresent(this::keep);
        PartLoader loader = new PartLoader(architecture, contract, parameters, library, options);
        loader.shared().ifPresent(this::keep);
        Map<TextRole, Parts> loaded = new EnumMap<>(TextRole.class);
        for (TextRole role : roles) {
            RoleContract text = contract.role(role);
            if (text.head().needsModel()) {
                loaded.put(role, new Parts(loader.backbone(text, this::keep), loader.head(text, this::keep)));
            }
        }
        loader.refuseUnread();
        parts = Map.copyOf(loaded);
    }

    private void keep(AutoCloseable resource) {
        resources.push(resource);
    }

    /**
     * Vectors of padded batches of a role's texts, in their order, computed side by side.
     *
     * @throws IllegalStateException if the model is closed
     */
    List<List<SparseVector>> encodeAll(List<ModelInput> batches, TextRole role) {
        closing.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the encoder is closed");
            }
            List<Callable<List<SparseVector>>> tasks = batches.stream()
                    .<Callable<List<SparseVector>>>map(batch -> () -> forward(batch, role))
                    .toList();
            // Somebody waits for a query; documents come by the thousand.
            return threads.callAll(tasks, role == TextRole.QUERY ? Priority.URGENT : Priority.NORMAL);
        } finally {
            closing.readLock().unlock();
        }
    }

    /** Vectors of one padded batch, in its order. */
    List<SparseVector> encode(ModelInput batch, TextRole role) {
        return encodeAll(List.of(batch), role).getFirst();
    }

    private List<SparseVector> forward(ModelInput batch, TextRole role) {
        Parts model = part(role);
        try (PtNDManager scope = PyTorchRuntime.newManager()) {
            return model.head().vectors(model.backbone().hiddenStates(batch, scope), batch.reader());
        }
    }

    private Parts part(TextRole role) {
        Parts part = parts.get(role);
        if (part == null) {
            throw new IllegalStateException("a " + role + " of this model needs no inference");
        }
        return part;
    }

    /** Where the weights lie. */
    Placement placement() {
        return placement;
    }

    /** The head that serves a role. */
    SparseHead head(TextRole role) {
        return part(role).head();
    }

    /** Waits for running calls, then frees the weights. Idempotent. */
    @Override
    public void close() {
        closing.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            threads.call(() -> {
                for (AutoCloseable resource : resources) {
                    resource.close();
                }
                return true;
            });
            threads.close();
        } finally {
            closing.writeLock().unlock();
        }
    }
}
