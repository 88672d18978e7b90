package io.millrace.model.engine;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.InvalidModelException;
import io.millrace.model.safetensors.WeightFiles;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A checkpoint's weights as fp32 arrays, each checked for its shape. Remembers what was asked for, so that a tensor that
 * no part of the model wanted is noticed.
 */
public final class Parameters {
    private final WeightFiles files;
    private final PtNDManager owner;
    private final Set<String> read = new HashSet<>();

    /**
     * Over open weight files.
     *
     * @param owner what the arrays are freed with
     */
    public Parameters(WeightFiles files, PtNDManager owner) {
        this.files = files;
        this.owner = owner;
    }

    /** Whether there is a tensor of that name. */
    public boolean contains(String name) {
        return files.contains(name);
    }

    /**
     * An array, copied from the file into memory of libtorch's own. An array made from a Java buffer borrows the buffer's
     * memory, which goes with the Java object; slices of it live on in native code and would read freed memory.
     *
     * @throws InvalidModelException if it is missing, or its shape, type or values are not as they must be
     */
    public PtNDArray array(String name, long... shape) {
        read.add(name);
        try (PtNDArray borrowed = owner.create(files.floats(name, shape), new Shape(shape), DataType.FLOAT32)) {
            return (PtNDArray) borrowed.duplicate();
        }
    }

    /** Scale of a layer norm, called {@code weight} or, in older files, {@code gamma}. */
    public PtNDArray normScale(String layer, long size) {
        return array(files.contains(layer + ".gamma") ? layer + ".gamma" : layer + ".weight", size);
    }

    /** Shift of a layer norm, called {@code bias} or, in older files, {@code beta}. */
    public PtNDArray normShift(String layer, long size) {
        return array(files.contains(layer + ".beta") ? layer + ".beta" : layer + ".bias", size);
    }

    /**
     * Refuses tensors that were not asked for: an adapter or a further layer left out would change every vector.
     *
     * @param harmless prefixes of tensors that play no part in a vector
     * @throws InvalidModelException if there is any other
     */
    public void refuseUnread(List<String> harmless) {
        Set<String> unread = new TreeSet<>(files.tensors());
        unread.removeAll(read);
        unread.removeIf(name -> harmless.stream().anyMatch(name::startsWith));
        if (!unread.isEmpty()) {
            throw new InvalidModelException("the weights hold " + unread.size() + " tensors that this architecture has "
                    + "no place for, such as " + unread.iterator().next()
                    + "; merge adapters into the weights, or use a checkpoint that matches its config.json");
        }
    }
}
