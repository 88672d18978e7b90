package io.millrace.model.engine;

import ai.djl.engine.EngineException;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stateless functions of {@code kernels/*.py}, each a whole encoder or head in one native call. Weights are arguments.
 * Safe for many threads.
 */
public final class KernelLibrary implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(KernelLibrary.class);

    private final PtNDManager manager;
    private final PtSymbolBlock module;

    private KernelLibrary(PtNDManager manager, PtSymbolBlock module) {
        this.manager = manager;
        this.module = module;
    }

    /** Loads the library; empty, with a line in the log, where libtorch was built without oneDNN. */
    public static Optional<KernelLibrary> load() {
        PtNDManager manager = PyTorchRuntime.newManager();
        try {
            PtSymbolBlock module =
                    JniUtils.loadModule(manager, new ByteArrayInputStream(KernelArchive.bytes()), false, false);
            return Optional.of(new KernelLibrary(manager, module));
        } catch (EngineException e) {
            manager.close();
            log.warn("the kernels do not load here, so plain array operations are used, which are slower", e);
            return Optional.empty();
        } catch (IOException e) {
            manager.close();
            throw new UncheckedIOException("memory streams do not fail", e);
        }
    }

    /** A linear layer's weight [out, in] in oneDNN's blocked layout, owned by {@code owner}. */
    public PtNDArray pack(PtNDArray weight, PtNDManager owner) {
        try (IValue argument = IValue.from(weight);
                IValue packed = IValueUtils.runMethod(module, "pack", argument)) {
            return packed.toTensor(owner);
        }
    }

    /**
     * Calls a function that returns one tensor.
     *
     * @param owner what the result is freed with
     * @param arguments closed by the caller
     */
    public PtNDArray call(PtNDManager owner, String function, IValue... arguments) {
        try (IValue result = IValueUtils.runMethod(module, function, arguments)) {
            return result.toTensor(owner);
        }
    }

    /**
     * Calls a function that returns something that only kernels look into.
     *
     * @param arguments closed by the caller
     * @return to be closed by the caller
     */
    public IValue callForValue(String function, IValue... arguments) {
        return IValueUtils.runMethod(module, function, arguments);
    }

    /**
     * Calls a function that returns a tuple of tensors.
     *
     * @param owner what the results are freed with
     * @param arguments closed by the caller
     */
    public PtNDArray[] callForTuple(PtNDManager owner, String function, IValue... arguments) {
        try (IValue result = IValueUtils.runMethod(module, function, arguments)) {
            IValue[] parts = result.toIValueTuple();
            PtNDArray[] tensors = new PtNDArray[parts.length];
            for (int i = 0; i < parts.length; i++) {
                tensors[i] = parts[i].toTensor(owner);
                parts[i].close();
            }
            return tensors;
        }
    }

    /** Unloads the library. Idempotent. */
    @Override
    public void close() {
        module.close();
        manager.close();
    }
}
