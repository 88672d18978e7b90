package io.millrace.model.engine;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.device.Placement;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
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
    private final Placement placement;

    private KernelLibrary(PtNDManager manager, PtSymbolBlock module, Placement placement) {
        this.manager = manager;
        this.module = module;
        this.placement = placement;
    }

    /** Loads the library for {@link Placement#CPU}. */
    public static Optional<KernelLibrary> load() {
        return load(Placement.CPU);
    }

    /**
     * Loads the library; empty, with a line in the log, where libtorch was built without oneDNN.
     *
     * @param placement of the weights that it will be given
     * @throws IllegalStateException if the placement is on a device, where there is no other form of a model
     */
    public static Optional<KernelLibrary> load(Placement placement) {
        PtNDManager manager = PyTorchRuntime.newManager();
        try {
            PtSymbolBlock module =
                    JniUtils.loadModule(manager, new ByteArrayInputStream(KernelArchive.bytes()), false, false);
            return Optional.of(new KernelLibrary(manager, module, placement));
        } catch (EngineException e) {
            manager.close();
            if (!placement.onHost()) {
                throw new IllegalStateException(
                        "the kernels do not load, and without them models run on the CPU only; use --device cpu", e);
            }
            log.warn("the kernels do not load here, so plain array operations are used, which are slower", e);
            return Optional.empty();
        } catch (IOException e) {
            manager.close();
            throw new UncheckedIOException("memory streams do not fail", e);
        }
    }

    /** How weights must lie. */
    public Placement placement() {
        return placement;
    }

    /**
     * An array of weights where kernels compute.
     *
     * @param array on the host; handed over
     * @param owner what the result is freed with
     */
    public PtNDArray place(PtNDArray array, PtNDManager owner) {
        if (placement.onHost()) {
            array.attach(owner);
            return array;
        }
        try (array;
                IValue argument = IValue.from(array);
                IValue device = IValue.from(placement.torchDevice());
                IValue placed = IValueUtils.runMethod(module, "placed", argument, device)) {
            return placed.toTensor(owner);
        }
    }

    /** {@link #place} for several arrays. */
    public PtNDArray[] place(PtNDArray[] arrays, PtNDManager owner) {
        return Arrays.stream(arrays).map(array -> place(array, owner)).toArray(PtNDArray[]::new);
    }

    /**
     * A linear layer's weight [out, in] as products of it are fastest: in oneDNN's blocked layout, or as it is, on a device.
     *
     * @param weight on the host; not needed afterwards, but may live on in the result
     * @param owner what the result is freed with
     */
    public PtNDArray pack(PtNDArray weight, PtNDManager owner) {
        if (!placement.packed()) {
            return place(weight, owner);
        }
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

    /**
     * Calls a function of {@code kernels/learn.py} so that gradients flow through its result, if the calling thread records
     * them. The way in takes arrays only, so numbers come as arrays.
     *
     * @param owner what the result is freed with
     * @param numbers whole numbers that say what to compute, and how the tensors are divided
     * @param reals real ones
     * @param tensors everything else
     */
    public PtNDArray learn(
            PtNDManager owner, String function, long[] numbers, double[] reals, List<PtNDArray> tensors) {
        try (PtNDManager local = owner.newSubManager(owner.getDevice())) {
            NDManager arrays = local;
            NDList inputs = new NDList(tensors.size() + 3);
            inputs.add(arrays.create(numbers));
            inputs.add(arrays.create(reals));
            for (PtNDArray tensor : tensors) {
                // A list is what shares a name with brackets.
                tensor.setName("tensors[]");
                inputs.add(tensor);
            }
            NDArray method = arrays.create(0f);
            method.setName("module_method:" + function);
            inputs.add(method);
            PtNDArray result =
                    (PtNDArray) IValueUtils.forward(module, inputs, true).singletonOrThrow();
            result.attach(owner);
            return result;
        }
    }

    /** Unloads the library. Idempotent. */
    @Override
    public void close() {
        module.close();
        manager.close();
    }
}
