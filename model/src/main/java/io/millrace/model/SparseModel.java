package io.millrace.model;

import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.backbone.Backbone;
import io.millrace.model.backbone.BertArrayBackbone;
import io.millrace.model.backbone.BertKernelBackbone;
import io.millrace.model.backbone.BertWeights;
import io.millrace.model.batch.PaddedBatch;
import io.millrace.model.checkpoint.BertConfig;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.engine.InferenceThreads;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.MlmArrayHead;
import io.millrace.model.head.MlmHeadWeights;
import io.millrace.model.head.MlmKernelHead;
import io.millrace.model.head.MlmScreenedHead;
import io.millrace.model.head.SparseHead;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Backbone and head on their inference threads: padded token ids in, sparse vectors out. Safe for many threads. */
final class SparseModel implements AutoCloseable {
    private final InferenceThreads threads;
    /** What to free, last acquired first. Touched by {@link #build} and {@link #close} only. */
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();

    private volatile Optional<Parts> parts = Optional.empty();
    /** Held for reading by calls that use the weights. */
    private final ReadWriteLock closing = new ReentrantReadWriteLock();

    private boolean closed;

    private record Parts(Backbone backbone, SparseHead head) {}

    private SparseModel(InferenceThreads threads) {
        this.threads = threads;
    }

    /** Loads a checkpoint's weights and starts the inference thread. */
    static SparseModel load(Checkpoint checkpoint, EncoderOptions options) throws IOException {
        return load(
                checkpoint.directory(),
                checkpoint.config(),
                checkpoint.contract().head(),
                options);
    }

    /** Loads the weights of a directory that need not have a tokenizer. */
    static SparseModel load(Path directory, BertConfig config, HeadContract head, EncoderOptions options)
            throws IOException {
        PyTorchRuntime.start();
        try (WeightFiles files = WeightFiles.open(directory)) {
            SparseModel model = new SparseModel(InferenceThreads.create(options.threads()));
            try {
                model.threads.call(() -> {
                    model.build(files, config, head, options.kernels());
                    return true;
                });
            } catch (RuntimeException e) {
                model.close();
                throw e;
            }
            return model;
        }
    }

    private void build(WeightFiles files, BertConfig config, HeadContract contract, EncoderOptions.Kernels form) {
        PtNDManager weights = keep(PyTorchRuntime.newManager());
        Parameters parameters = new Parameters(files, weights);
        BertWeights encoder = BertWeights.read(parameters, config);
        MlmHeadWeights head = MlmHeadWeights.read(parameters, config, encoder.words());
        parameters.refuseUnread(BertWeights.UNUSED);
        Optional<KernelLibrary> library =
                form == EncoderOptions.Kernels.PLAIN ? Optional.empty() : KernelLibrary.load();
        if (library.isPresent()) {
            KernelLibrary kernels = keep(library.get());
            // The head first: it reads the word embeddings, which the backbone then takes over.
            SparseHead fusedHead = keep(head(kernels, head, contract, form));
            Backbone fusedBackbone = keep(new BertKernelBackbone(kernels, encoder));
            // What is left are the originals of packed weights.
            weights.close();
            parts = Optional.of(new Parts(fusedBackbone, fusedHead));
        } else {
            parts = Optional.of(
                    new Parts(keep(new BertArrayBackbone(encoder)), keep(new MlmArrayHead(head, contract))));
        }
    }

    private static SparseHead head(
            KernelLibrary kernels, MlmHeadWeights weights, HeadContract contract, EncoderOptions.Kernels form) {
        boolean wanted = switch (form) {
            case AUTO -> MlmScreenedHead.pays(kernels, weights.config().hiddenSize());
            case SCREENED -> true;
            case FUSED, PLAIN -> false;
        };
        boolean screen = wanted && contract.pooling() == Pooling.MAX;
        return screen ? new MlmScreenedHead(kernels, weights, contract) : new MlmKernelHead(kernels, weights, contract);
    }

    private <T extends AutoCloseable> T keep(T resource) {
        resources.push(resource);
        return resource;
    }

    /**
     * Vectors of padded batches, in their order, computed side by side.
     *
     * @throws IllegalStateException if the model is closed
     */
    List<List<SparseVector>> encodeAll(List<PaddedBatch> batches) {
        closing.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the encoder is closed");
            }
            return threads.callAll(batches.stream()
                    .<Callable<List<SparseVector>>>map(batch -> () -> forward(batch))
                    .toList());
        } finally {
            closing.readLock().unlock();
        }
    }

    /** Vectors of one padded batch, in its order. */
    List<SparseVector> encode(PaddedBatch batch) {
        return encodeAll(List.of(batch)).getFirst();
    }

    private List<SparseVector> forward(PaddedBatch batch) {
        Parts model = parts.orElseThrow();
        try (PtNDManager scope = PyTorchRuntime.newManager()) {
            return model.head().vectors(model.backbone().hiddenStates(batch, scope), batch);
        }
    }

    /** The head that serves. */
    SparseHead head() {
        return parts.orElseThrow().head();
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
