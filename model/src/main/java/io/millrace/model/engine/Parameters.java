package io.millrace.model.engine;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.InvalidModelException;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import java.lang.foreign.MemorySegment;
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
    /** Layers of heads that a checkpoint may have beside the one that is used: scores of texts, weights of tokens. */
    private static final List<String> OTHER_HEADS = List.of(
            "classifier.",
            "doc_quality.",
            "impact_score_encoder.",
            "linear.",
            "score.",
            "score_bias",
            "sparse_linear.",
            "colbert_linear.",
            "term_importance.",
            "tok_proj.");

    /** A view of libtorch's memory is a Java buffer, which has at most 2 GiB. */
    private static final long BUFFER_BYTES = 1 << 30;

    private final TensorSource files;
    private final String backbonePrefix;
    private final long bufferBytes;
    private final Set<String> read = new HashSet<>();

    /**
     * Over open weights.
     *
     * @param backbonePrefix of names, which a checkpoint of the bare backbone leaves out
     */
    public Parameters(TensorSource files, String backbonePrefix) {
        this(files, backbonePrefix, BUFFER_BYTES);
    }

    Parameters(TensorSource files, String backbonePrefix, long bufferBytes) {
        this.files = files;
        this.backbonePrefix = backbonePrefix;
        this.bufferBytes = bufferBytes;
    }

    /** Whether there is a tensor of that name, or of one of its older forms. */
    public boolean contains(String name) {
        return stored(name).isPresent();
    }

    /** The name under which a tensor is stored, or the given one if it is not. */
    public String storedName(String name) {
        return stored(name).orElse(name);
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

    /** The file that a tensor comes from, for messages. */
    public String origin(String name) {
        return files.origin(stored(name).orElse(name));
    }

    /**
     * Checks that a tensor is there and has its shape, from the files' headers alone.
     *
     * @throws InvalidModelException if it is missing or of another shape
     */
    public void require(TensorSpec tensor) {
        files.requireShape(
                stored(tensor.name()).orElse(tensor.name()),
                tensor.shape().stream().mapToLong(Long::longValue).toArray());
    }

    /** The name under which a tensor is stored: older files call norms gamma and beta, bare ones leave out a prefix. */
    private Optional<String> stored(String name) {
        String bare = bare(name);
        return Stream.of(name, bare, norm(name), norm(bare))
                .filter(files::contains)
                .findFirst();
    }

    private String bare(String name) {
        boolean prefixed = name.startsWith(backbonePrefix) && name.length() > backbonePrefix.length();
        return prefixed ? name.substring(backbonePrefix.length()) : name;
    }

    private static String norm(String name) {
        return name.replaceFirst("LayerNorm\\.weight$", "LayerNorm.gamma")
                .replaceFirst("LayerNorm\\.bias$", "LayerNorm.beta");
    }

    /** Type in which a tensor's values can be held without loss, see {@link TensorSource#exactType}. */
    public TensorType exactType(String name) {
        return files.exactType(stored(name).orElse(name));
    }

    /**
     * An array as fp32.
     *
     * @param owner what the array is freed with
     * @throws InvalidModelException if it is missing, or its shape, type or values are not as they must be
     */
    public PtNDArray array(TensorSpec tensor, PtNDManager owner) {
        return stacked(List.of(tensor), owner);
    }

    /** Arrays one below the other as one, as {@link #array}. */
    public PtNDArray stacked(List<TensorSpec> tensors, PtNDManager owner) {
        PtNDArray array = owner.create(stackedShape(tensors), DataType.FLOAT32);
        fill(array, tensors, TensorType.F32);
        return array;
    }

    /** Shape of arrays one below the other. */
    static Shape stackedShape(List<TensorSpec> tensors) {
        long[] shape =
                tensors.getFirst().shape().stream().mapToLong(Long::longValue).toArray();
        shape[0] =
                tensors.stream().mapToLong(tensor -> tensor.shape().getFirst()).sum();
        return new Shape(shape);
    }

    /**
     * Reads arrays one below the other into one that has their shape together.
     *
     * @param as type of the elements of {@code target}: F32, F16 or BF16
     */
    void fill(PtNDArray target, List<TensorSpec> tensors, TensorType as) {
        long row = 0;
        for (TensorSpec tensor : tensors) {
            long rows = tensor.shape().getFirst();
            read(tensor, 0, rows, as, target, row);
            row += rows;
        }
    }

    /**
     * Some rows of an array as fp32.
     *
     * @param begin first row
     * @param end row after the last
     * @param owner what the array is freed with
     */
    public PtNDArray rows(TensorSpec tensor, long begin, long end, PtNDManager owner) {
        long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
        shape[0] = end - begin;
        PtNDArray array = owner.create(new Shape(shape), DataType.FLOAT32);
        read(tensor, begin, end, TensorType.F32, array, 0);
        return array;
    }

    /** Reads rows straight into libtorch's memory: whatever else they were read into would be held at the same time. */
    private void read(TensorSpec tensor, long begin, long end, TensorType as, PtNDArray target, long row) {
        String name = stored(tensor.name()).orElse(tensor.name());
        read.add(name);
        files.requireShape(
                name, tensor.shape().stream().mapToLong(Long::longValue).toArray());
        if (target.size() == 0) {
            return;
        }
        long rowBytes = tensor.elements() / tensor.shape().getFirst() * as.bytes();
        long most = Math.max(1, bufferBytes / rowBytes);
        for (long at = begin; at < end; at += most) {
            long to = Math.min(end, at + most);
            long first = row + at - begin;
            try (PtNDArray rows = (PtNDArray) target.get(first + ":" + (first + to - at))) {
                files.read(name, at, to, as, MemorySegment.ofBuffer(JniUtils.getByteBuffer(rows, true)));
            }
        }
    }

    /**
     * Refuses tensors that were not asked for: an adapter or a further layer left out would change every vector.
     *
     * @param harmless prefixes of tensors that play no part in a vector, with the backbone's prefix where they have it
     * @throws InvalidModelException if there is any other
     */
    public void refuseUnread(List<String> harmless) {
        Set<String> unread = new TreeSet<>(files.tensors());
        unread.removeAll(read);
        unread.removeIf(name -> Stream.concat(harmless.stream(), OTHER_HEADS.stream())
                .anyMatch(prefix -> name.startsWith(prefix) || name.startsWith(bare(prefix))));
        if (!unread.isEmpty()) {
            String first = unread.iterator().next();
            throw new InvalidModelException(files.origin(first) + ": the weights hold " + unread.size()
                    + " tensors that this architecture has no place for, such as " + first
                    + "; merge adapters into the weights, or use a checkpoint that matches its config.json");
        }
    }
}
