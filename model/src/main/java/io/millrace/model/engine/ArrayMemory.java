package io.millrace.model.engine;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/** fp32 arrays in and out of libtorch's memory. */
public final class ArrayMemory {
    private ArrayMemory() {}

    /** A copy of an array's values, up to 2 GiB. */
    public static Tensor copy(PtNDArray array) {
        Tensor shared = shared(array);
        FloatBuffer values = ByteBuffer.allocateDirect(Math.toIntExact(array.size() * Float.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .put(shared.values().duplicate())
                .flip();
        return new Tensor(shared.shape(), values);
    }

    /**
     * An array's values where they are: for writing them to a file, since copies of a whole model and its optimiser's state would
     * not fit beside it.
     *
     * @return to be used only while the array lives and is not changed
     */
    public static Tensor shared(PtNDArray array) {
        List<Long> shape = Arrays.stream(array.getShape().getShape()).boxed().toList();
        ByteBuffer values = array.size() > 0 ? view(array) : ByteBuffer.allocateDirect(0);
        return new Tensor(shape, values.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer());
    }

    /**
     * Replaces an array's values by those of a tensor.
     *
     * @throws io.millrace.model.InvalidModelException if there is none of that name and shape
     */
    public static void fill(PtNDArray array, TensorSource source, String name) {
        source.requireShape(name, array.getShape().getShape());
        if (array.size() > 0) {
            source.read(name, TensorType.F32, MemorySegment.ofBuffer(view(array)));
        }
    }

    /** libtorch's own memory; only while the array lives. */
    private static ByteBuffer view(PtNDArray array) {
        return JniUtils.getByteBuffer(array, true);
    }
}
