package io.millrace.model.engine;

import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.InvalidModelException;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.safetensors.WeightFiles;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A checkpoint's weights as fp32 arrays, each checked for its shape. Remembers what was asked for, so that a tensor that
 * no part of the model wanted is noticed.
 */
public final class Parameters {
    private final WeightFiles files;
    private final String backbonePrefix;
    private final Set<String> read = new HashSet<>();

    /**
     * Over open weight files.
     *
     * @param backbonePrefix of names, which a checkpoint of the bare backbone leaves out
     */
    public Parameters(WeightFiles files, String backbonePrefix) {
        this.files = files;
        this.backbonePrefix = backbonePrefix;
    }

    /** Whether there is a tensor of that name, or of one of its older forms. */
    public boolean contains(String name) {
        return stored(name).isPresent();
    }

    /**
     * Extent of a tensor's first dimension.
     *
     * @throws InvalidModelException if there is no such tensor
     */
    public long rows(String name) {
        return shape(name).getFirst();
    }

    /**
     * Extents of a tensor, outermost first.
     *
     * @throws InvalidModelException if there is no such tensor
     */
    public List<Long> shape(String name) {
        return files.info(stored(name).orElse(name)).shape();
    }

    /** The name under which a tensor is stored: older files call norms gamma and beta, bare ones leave out a prefix. */
    private Optional<String> stored(String name) {
        String bare = !backbonePrefix.isEmpty() && name.startsWith(backbonePrefix)
                ? name.substring(backbonePrefix.length())
                : name;
        return Stream.of(name, bare, norm(name), norm(bare))
                .filter(files::contains)
                .findFirst();
    }

    private static String norm(String name) {
        return name.replaceFirst("LayerNorm\\.weight$", "LayerNorm.gamma")
                .replaceFirst("LayerNorm\\.bias$", "LayerNorm.beta");
    }

    /**
     * An array, copied from the file into memory of libtorch's own. An array made from a Java buffer borrows the buffer's
     * memory, which goes with the Java object; slices of it live on in native code and would read freed memory.
     *
     * @param owner what the array is freed with
     * @throws InvalidModelException if it is missing, or its shape, type or values are not as they must be
     */
    public PtNDArray array(TensorSpec tensor, PtNDManager owner) {
        String name = stored(tensor.name()).orElse(tensor.name());
        read.add(name);
        long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
        try (PtNDArray borrowed = owner.create(files.floats(name, shape), new Shape(shape), DataType.FLOAT32)) {
            return (PtNDArray) borrowed.duplicate();
        }
    }

    /** Arrays one below the other, as {@link #array}. */
    public PtNDArray stacked(List<TensorSpec> tensors, PtNDManager owner) {
        if (tensors.size() == 1) {
            return array(tensors.getFirst(), owner);
        }
        try (PtNDManager local = owner.newSubManager(owner.getDevice())) {
            NDList parts = new NDList();
            tensors.forEach(tensor -> parts.add(array(tensor, local)));
            PtNDArray whole = (PtNDArray) NDArrays.concat(parts);
            whole.attach(owner);
            return whole;
        }
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
