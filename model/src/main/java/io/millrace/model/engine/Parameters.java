package io.millrace.model.engine;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.InvalidModelException;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

    private final TensorSource files;
    private final String backbonePrefix;
    private final Set<String> read = new HashSet<>();

    /**
     * Over open weights.
     *
     * @param backbonePrefix of names, which a checkpoint of the bare backbone leaves out
     */
    public Parameters(TensorSource files, String backbonePrefix) {
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
        return stacked(tensors, TensorType.F32, DataType.FLOAT32, owner);
    }

    /**
     * Arrays one below the other as bfloat16, whose bits are given as 16-bit integers, because DJL has no name for the type;
     * only kernels know what to do with them.
     */
    public PtNDArray stackedBits(List<TensorSpec> tensors, PtNDManager owner) {
        return stacked(tensors, TensorType.BF16, DataType.INT16, owner);
    }

    /**
     * Reads into memory that is given back at once, and copies that into libtorch's own. An array made from a buffer borrows
     * its memory, which would have to live as long as every array that shares it.
     */
    private PtNDArray stacked(List<TensorSpec> tensors, TensorType as, DataType type, PtNDManager owner) {
        long rows =
                tensors.stream().mapToLong(tensor -> tensor.shape().getFirst()).sum();
        long elements = tensors.stream().mapToLong(TensorSpec::elements).sum();
        long[] shape =
                tensors.getFirst().shape().stream().mapToLong(Long::longValue).toArray();
        shape[0] = rows;
        try (Arena arena = Arena.ofConfined()) {
            // Room beyond an empty tensor, because an arena gives no memory of no size.
            MemorySegment memory = arena.allocate(Math.max(1, elements * as.bytes()), Long.BYTES);
            long offset = 0;
            for (TensorSpec tensor : tensors) {
                String name = stored(tensor.name()).orElse(tensor.name());
                read.add(name);
                files.requireShape(
                        name, tensor.shape().stream().mapToLong(Long::longValue).toArray());
                long bytes = tensor.elements() * as.bytes();
                files.read(name, as, memory.asSlice(offset, bytes));
                offset += bytes;
            }
            ByteBuffer buffer = memory.asByteBuffer().order(ByteOrder.nativeOrder());
            try (PtNDArray borrowed = owner.create(buffer, new Shape(shape), type)) {
                return (PtNDArray) borrowed.duplicate();
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
