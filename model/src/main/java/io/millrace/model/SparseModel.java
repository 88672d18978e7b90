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
import io.millrace.model.engine.InferenceThread;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.MlmArrayHead;
import io.millrace.model.head.MlmHeadWeights;
import io.millrace.model.head.MlmKernelHead;
import io.millrace.model.head.SparseHead;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Backbone and head on their inference thread: padded token ids in, sparse vectors out. Callers on several threads take
 * turns.
 */
final class SparseModel implements AutoCloseable {
    private final InferenceThread thread;
    /** What to free, last acquired first. Touched on the inference thread only. */
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();

    private Optional<Parts> parts = Optional.empty();
    private volatile boolean closed;

    private record Parts(Backbone backbone, SparseHead head) {}

    private SparseModel(InferenceThread thread) {
        this.thread = thread;
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
        PyTorchRuntime.start(options.threads());
        try (WeightFiles files = WeightFiles.open(directory)) {
            SparseModel model = new SparseModel(InferenceThread.start("millrace-encode"));
            try {
                model.thread.call(() -> {
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
                form == EncoderOptions.Kernels.FUSED ? KernelLibrary.load() : Optional.empty();
        if (library.isPresent()) {
            KernelLibrary kernels = keep(library.get());
            // The head first: it reads the word embeddings, which the backbone then takes over.
            SparseHead fusedHead = keep(new MlmKernelHead(kernels, head, contract));
            Backbone fusedBackbone = keep(new BertKernelBackbone(kernels, encoder));
            // What is left are the originals of packed weights.
            weights.close();
            parts = Optional.of(new Parts(fusedBackbone, fusedHead));
        } else {
            parts = Optional.of(
                    new Parts(keep(new BertArrayBackbone(encoder)), keep(new MlmArrayHead(head, contract))));
        }
    }

    private <T extends AutoCloseable> T keep(T resource) {
        resources.push(resource);
        return resource;
    }

    /**
     * Vectors of a padded batch, in its order.
     *
     * @throws IllegalStateException if the model is closed
     */
    List<SparseVector> encode(PaddedBatch batch) {
        if (closed) {
            throw new IllegalStateException("the encoder is closed");
        }
        return thread.call(() -> {
            Parts model = parts.orElseThrow();
            try (PtNDManager scope = PyTorchRuntime.newManager()) {
                return model.head().vectors(model.backbone().hiddenStates(batch, scope), batch);
            }
        });
    }

    /** Whether fused kernels serve, rather than plain arrays. */
    boolean isFused() {
        return parts.orElseThrow().backbone() instanceof BertKernelBackbone;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        thread.call(() -> {
            for (AutoCloseable resource : resources) {
                resource.close();
            }
            return true;
        });
        thread.close();
    }
}
