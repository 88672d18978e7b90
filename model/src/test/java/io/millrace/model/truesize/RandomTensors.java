package io.millrace.model.truesize;

import io.millrace.model.safetensors.ElementConversion;
import io.millrace.model.safetensors.TensorInfo;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Tensors of given shapes whose values are made as they are read: scales of norms are 1, biases 0, and all other weights
 * evenly distributed with the deviation that transformers initialises with, 0.02. Safe for many threads.
 */
final class RandomTensors implements TensorSource {
    private static final float HALF_RANGE = (float) (0.02 * Math.sqrt(3));

    private final Map<String, List<Long>> shapes;

    RandomTensors(Map<String, List<Long>> shapes) {
        this.shapes = Map.copyOf(shapes);
    }

    @Override
    public Set<String> tensors() {
        return shapes.keySet();
    }

    @Override
    public TensorInfo info(String tensor) {
        List<Long> shape = shapes.get(tensor);
        if (shape == null) {
            throw new IllegalArgumentException("there is no tensor " + tensor);
        }
        long elements = shape.stream().reduce(1L, Math::multiplyExact);
        return new TensorInfo(tensor, TensorType.F32, shape, 0, elements * Float.BYTES);
    }

    @Override
    public String origin(String tensor) {
        return "random weights";
    }

    @Override
    public void read(String tensor, long beginRow, long endRow, TensorType as, MemorySegment target) {
        TensorInfo info = info(tensor);
        long elements = info.elements(beginRow, endRow);
        TensorSource.requireSize(info, elements, as, target);
        float[] values = new float[Math.toIntExact(elements)];
        if (info.shape().size() > 1) {
            SplittableRandom random = new SplittableRandom(tensor.hashCode() * 31L + beginRow);
            for (int i = 0; i < values.length; i++) {
                values[i] = (random.nextInt() >> 8) * (HALF_RANGE / (1 << 23));
            }
        } else if (tensor.endsWith("weight")) {
            Arrays.fill(values, 1f);
        }
        new ElementConversion("random weights", tensor, TensorType.F32, as)
                .convert(MemorySegment.ofArray(values), target, info.elements(0, beginRow));
    }

    @Override
    public void close() {}
}
