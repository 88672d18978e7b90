package io.millrace.model.backbone;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.architecture.StackSpec;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.PyTorchRuntime;

/**
 * Keys and values of texts that a stack goes on reading, in libtorch's memory: layers × 2 × texts × room in cells × width of
 * all key heads × 4 bytes. Used by one thread.
 */
final class KeyValueCache implements AutoCloseable {
    private final KernelLibrary kernels;
    private final StackSpec spec;
    private final IValue tensors;
    private int texts;
    private int cells;

    /**
     * Room for texts.
     *
     * @param layers slots of the stack, see {@code kernels/stack.py}
     * @param cells most of a text
     */
    KeyValueCache(KernelLibrary kernels, IValue layers, StackSpec spec, int texts, int cells) {
        this.kernels = kernels;
        this.spec = spec;
        this.texts = texts;
        this.cells = cells;
        try (IValue depth = IValue.from((long) spec.layers().size());
                IValue rows = IValue.from((long) texts);
                IValue heads = IValue.from((long) spec.shape().keyHeads());
                IValue room = IValue.from((long) cells);
                IValue width = IValue.from((long) spec.shape().headWidth())) {
            this.tensors = kernels.callForValue("cache", layers, depth, rows, heads, room, width);
        }
    }

    /** Bytes of one cell of one text. */
    static long bytesPerCell(StackSpec spec) {
        long width = (long) spec.shape().keyHeads() * spec.shape().headWidth();
        return spec.layers().size() * 2L * width * Float.BYTES;
    }

    /** Bytes held. */
    long bytes() {
        return bytesPerCell(spec) * texts * cells;
    }

    /** Most cells of a text. */
    int cells() {
        return cells;
    }

    /** As kernels take it. */
    IValue value() {
        return tensors;
    }

    /**
     * Goes on with some of the texts. Tensor by tensor, so that one more tensor is the most that is held meanwhile.
     *
     * @param rows of texts, which may be repeated
     * @param filled cells to take over, at most the least of old and new room
     * @param room most cells of a text from now on
     */
    void choose(int[] rows, int filled, int room) {
        try (PtNDManager local = PyTorchRuntime.newManager();
                IValue chosen = IValue.from((PtNDArray) ((NDManager) local).create(rows));
                IValue taken = IValue.from((long) filled);
                IValue extent = IValue.from((long) room)) {
            kernels.callForValue("choose", tensors, chosen, taken, extent).close();
        }
        texts = rows.length;
        cells = room;
    }

    @Override
    public void close() {
        tensors.close();
    }
}
